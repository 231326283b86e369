"""The web application, as gunicorn and the flask command find it."""

from app import create_app
from app.cli import register
from infra.local.static_files import serve_static

app = create_app()
register(app)
application = serve_static(app)
