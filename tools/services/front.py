"""The front server: nginx, which sends each address to the process of its service.

Its configuration is made from `app/web/service_routes.py`. When a process is down, nginx answers 503 with a page made
from our template, or with a problem document below the API's prefix; so does it for requests that it refuses itself,
because their headers, their address or their body are too large.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.api.document import PREFIX, PROBLEM
from app.core.config import PAGES
from app.core.i18n import LOCALES
from app.web.security import BODY_LIMIT
from app.web.security import HEADERS as PAGE_HEADERS
from app.web.service_routes import SERVICE_ROUTES, ServiceRoute
from tools.build.steps import ROOT
from tools.services.plan import HOST

HEADERS = {"Cache-Control": "no-store", **PAGE_HEADERS}
# Further headers of the pages that say that a service does not answer. The second one is for kiosks alone.
WAITING = {"Retry-After": "5", "Refresh": "$kiosk_refresh"}
# What nginx refuses. It finds 494, headers that are too large, before it knows the location.
REFUSED = (400, 413, 414)
BASE = """\
# Made from app/web/service_routes.py by tools/services/front.py.
daemon off;
worker_processes 1;
{user}pid {temporary}/nginx.pid;
# Lower levels name addresses of orders. What starts the processes says itself which one has ended.
error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  server_tokens off;
  client_body_temp_path {temporary}/body;
  proxy_temp_path {temporary}/proxy;
  fastcgi_temp_path {temporary}/fastcgi;
  uwsgi_temp_path {temporary}/uwsgi;
  scgi_temp_path {temporary}/scgi;
  # The application refuses larger bodies with a page of its own.
  client_max_body_size {body_limit};
  types {{
    text/css css; text/javascript js; application/json json; application/wasm wasm; image/svg+xml svg; image/png png;
    image/webp webp; font/woff2 woff2; font/ttf ttf;
  }}
  map $http_accept_language $accepted {{ default pt_BR; "~*^en" en; }}
  # Nobody stands at a kiosk to try again: it does so itself.
  map $cookie_device $kiosk_refresh {{ default 5; "" ""; }}
  map $cookie_language $language {{ default $accepted; pt_BR pt_BR; en en; }}
  map $request_uri $answer {{ default page.$language.html; "~^{prefix}/" api.$language.json; }}
{servers}
  server {{
    listen {listen};
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header Connection "";
    proxy_connect_timeout 2s;
    proxy_read_timeout 5m;
    proxy_next_upstream off;
{refused}
    error_page 494 =400 /refused/400.$answer;
{locations}
    location /static/ {{
{to_pages}
      error_page 502 504 = @files;
    }}
    location @files {{ root {files}; }}
{own_pages}
  }}
}}
"""
# The application compresses its pages itself (decision 62). The API knows no cookies: its answers can be compressed.
COMPRESSION = f"""\
      gzip on;
      gzip_proxied any;
      gzip_vary on;
      gzip_min_length 1024;
      gzip_types application/json {PROBLEM};
"""


@dataclass(frozen=True)
class Place:
    """Where nginx runs. `folder` has its own files, `files` the folder `static`; it writes to `temporary`."""

    folder: Path
    files: Path
    temporary: Path
    listen: str
    user: str = ""  # of its processes; else the account that starts it


class Backends(Protocol):
    """How nginx reaches the processes."""

    def declarations(self) -> Iterator[str]:
        """Lines of the block `http`."""

    def pass_to(self, service: str) -> str:
        """The line of a location that passes its requests to the web server of a service, or of the pages."""

    def locations(self) -> Iterator[str]:
        """Further locations, before those of the services."""


@dataclass(frozen=True)
class LocalPorts:
    """Processes of this machine. `ports`: service, or `pages`, and the port of its web server."""

    ports: Mapping[str, int]

    def declarations(self) -> Iterator[str]:
        for service, number in self.ports.items():
            # The process on this machine is never taken out: after a start it serves at once.
            yield f"  upstream {service} {{ server {HOST}:{number} max_fails=0; keepalive 16; }}"

    def pass_to(self, service: str) -> str:
        return f"      proxy_pass http://{service};"

    def locations(self) -> Iterator[str]:
        return iter(())


def configuration(place: Place, backends: Backends) -> str:
    """The text of nginx.conf."""
    return BASE.format(
        user=f"user {place.user};\n" if place.user else "",
        temporary=place.temporary,
        body_limit=BODY_LIMIT * 2,
        servers="\n".join(backends.declarations()),
        listen=place.listen,
        locations="\n".join(
            (*backends.locations(), *(_location(route, backends) for route in SERVICE_ROUTES))
        ),
        to_pages=backends.pass_to(PAGES),
        files=place.files,
        prefix=PREFIX,
        refused=_refused("    "),
        own_pages="\n".join((_own_pages(place, "unavailable", WAITING), _own_pages(place, "refused", {}))),
    )


def _location(route: ServiceRoute, backends: Backends) -> str:
    """Regular expressions are tried in their order, so that the most specific route decides."""
    is_api = _is_api(route)
    error = "api.$language.json" if is_api else "page.$language.html"
    return (
        f"    location ~ {_pattern(route)} {{\n"
        f"{backends.pass_to(route.service)}\n"
        f"      error_page 502 504 =503 /unavailable/{error};\n"
        f"{_refused('      ')}\n"
        f"{COMPRESSION if is_api else ''}"
        "    }"
    )


def _own_pages(place: Place, name: str, further_headers: Mapping[str, str]) -> str:
    """The location of nginx's own pages and problem documents of one kind, which only errors lead to."""
    headers = "".join(
        f'      add_header {header} "{value}" always;\n'
        for header, value in {**HEADERS, **further_headers}.items()
    )
    return (
        f"    location /{name}/ {{\n"
        "      internal;\n"
        f"      alias {place.folder}/{name}/;\n"
        f"      types {{ text/html html; {PROBLEM} json; }}\n"
        "      charset utf-8;\n"
        "      etag off;\n"
        "      if_modified_since off;\n"
        f"{headers}"
        "    }"
    )


def _refused(indent: str) -> str:
    """Lines that give the answers to what nginx refuses; a block with an `error_page` inherits none."""
    return "\n".join(f"{indent}error_page {status} /refused/{status}.$answer;" for status in REFUSED)


def _is_api(route: ServiceRoute) -> bool:
    return route.service != PAGES and route.path.startswith(PREFIX)


def _pattern(route: ServiceRoute) -> str:
    if not route.segments:
        return "^/(?!static/|unavailable/|refused/)"
    parts = [r"[^/]+" if one.startswith("{") else re.escape(one) for one in route.segments]
    return f"^/{'/'.join(parts)}(/|$)"


def local_place(folder: Path, port: int) -> Place:
    """The front server of `make services`, at `port` of this machine."""
    user = "root" if os.geteuid() == 0 else ""
    return Place(folder, files=ROOT, temporary=folder, listen=f"{HOST}:{port}", user=user)


def write_files(folder: Path, text: str) -> Path:
    """Write the configuration and the answers of processes that are down; returns the configuration's path."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, answer in answers().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(answer, encoding="utf-8")
    path = folder / "nginx.conf"
    path.write_text(text, encoding="utf-8")
    return path


def answers() -> dict[str, str]:
    """Name below the folder → page or problem document in one language: a part does not answer, or nginx refuses."""
    from app import create_app
    from app.core.config import Settings

    app = create_app(Settings.from_env().changed(database={"url": None}))
    found = {}
    for language in LOCALES:
        with app.test_request_context("/", headers={"Cookie": f"language={language}"}):
            for status, start in ((503, "unavailable/"), *((one, f"refused/{one}.") for one in REFUSED)):
                page, problem = _answers_of(status)
                found[f"{start}page.{language}.html"] = page
                found[f"{start}api.{language}.json"] = problem
    return found


def _answers_of(status: int) -> tuple[str, str]:
    """The page and the problem document of a status, in the language of the request."""
    from flask import render_template

    from app.api import problems
    from app.web import error_texts

    title, sentence = error_texts.of_status(status)
    page = render_template("errors/page_front.html", status=status, title=title, sentence=sentence)
    return page, problems.of_status(status).get_data(as_text=True)
