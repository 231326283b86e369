"""The settings of gunicorn, for one machine and for the container image: gevent workers that share their memory.

The application is loaded once, before the workers are forked, so that they share its memory. gevent and
its patches must be in place before that, or locks would block a whole worker. The database's connections are
cooperative without a patch (`adapters.postgres_limits`).
"""

from __future__ import annotations

import os
import resource
import sys
import warnings
from typing import Any

from gevent import monkey

# The gevent worker patches the rest after the fork; gevent warns of a second time.
warnings.filterwarnings("ignore", category=monkey.MonkeyPatchWarning)
# The master forks its workers and waits for them. With gevent's fork or gevent's signals it would not get the signal
# that a worker has died, and would never replace the worker.
monkey.patch_all(os=False, signal=False)

from app.core.config import PAGES, BadSetting  # noqa: E402
from app.core.config import settings as read_settings  # noqa: E402
from app.core.liveness import Heartbeat  # noqa: E402
from app.web.gunicorn_worker import TurnsWorker  # noqa: E402

try:
    settings = read_settings()
except BadSetting as error:
    sys.exit(f"bilheteria: {error}")


def _open_more_files(wanted: int) -> None:
    """Raise the limit of open files: each stream needs one, and many systems start with 1,024 (macOS with 256)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


wsgi_app = "wsgi:application"
bind = [settings.web.listens_at]
worker_class = TurnsWorker
workers = settings.web.workers
worker_connections = 2500
_open_more_files(worker_connections + 500)
# Each worker has its own socket: from a shared one, a single worker can take nearly all connections.
reuse_port = True
preload_app = True
timeout = settings.process.hang_seconds  # a worker without a heartbeat for this time is killed and replaced
graceful_timeout = 2  # seconds; live streams never end by themselves
# Seconds for which an idle connection stays open. A proxy has few connections, keeps them for a minute, and must close
# them first: otherwise it may send a request into one that is being closed.
keepalive = 75 if settings.web.trusted_proxies else 20
control_socket_disable = True
# The heartbeat's file must not wait for a disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
errorlog = "-"
loglevel = "warning"
# A client can send a header SCRIPT_NAME through a proxy; the application is never mounted below a path.
forwarder_headers = ""
forwarded_allow_ips = settings.web.forwarded_allow_ips


def on_starting(server: Any) -> None:
    """Write the log lines of gunicorn as those of the application: JSON, one object a line."""
    from app.core import json_logs

    json_logs.log_as_json(json_logs.LEVELS[settings.process.log_level])
    for handler in server.log.error_log.handlers:
        handler.setFormatter(json_logs.JsonLines())
    if settings.process.heartbeat is not None:
        _beat_in_loop(server, Heartbeat(settings.process.heartbeat))


def _beat_in_loop(server: Any, heartbeat: Heartbeat) -> None:
    """Write a heartbeat in each round of the master's loop: while the master hangs, no worker is replaced.

    gunicorn has no hook for its loop, so the method that the loop calls once a second is replaced.
    """
    original = server.murder_workers

    def murder_workers() -> None:
        heartbeat.beat()
        original()

    server.murder_workers = murder_workers


def when_ready(server: Any) -> None:
    """Load templates and modules before the workers are forked, so that they share the memory."""
    import wsgi
    from app.core import memory, telemetry_start

    if PAGES in settings.process.services:
        templates = wsgi.app.jinja_env
        for name in templates.list_templates(extensions=["html"]):
            templates.get_template(name)
    telemetry_start.load()
    memory.freeze_loaded()
    if settings.process.heartbeat is not None:
        Heartbeat(settings.process.heartbeat).beat()


def pre_fork(server: Any, worker: Any) -> None:
    """Write the first heartbeat, so that a worker that hangs while it starts is killed too."""
    worker.tmp.notify()


def post_fork(server: Any, worker: Any) -> None:
    """Drop the master's connections, which belong to the process that opened them; begin to read secrets again."""
    from app.core import cache, db, secrets_refresh

    db.drop_inherited_connections()
    cache.clear_all()
    secrets_refresh.start()


def post_worker_init(worker: Any) -> None:
    """Start the exporter of spans and metrics, whose threads need the worker's own event loop."""
    from app.core import telemetry_start

    telemetry_start.start("web")


def worker_exit(server: Any, worker: Any) -> None:
    """Send the spans and metrics that are left."""
    from app.core import telemetry

    telemetry.stop()
