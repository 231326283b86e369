"""`make services`: its processes, and the configuration of the front server."""

from __future__ import annotations

import itertools
import json
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.core import config
from app.core.config import PAGES, SERVICES, Settings
from app.web.service_routes import service_of
from tests.services_server import request, wait_until
from tools.build.system import find_nginx
from tools.services import front
from tools.services.common_log import CommonLog
from tools.services.plan import Site, free_ports, plans

LOCATION = re.compile(
    r"location ~ (\S+) \{\n\s+proxy_pass http://(\w+);\n\s+error_page 502 504 =503 (\S+);([^}]*)\}"
)
PORTS = {service: 9000 + number for number, service in enumerate((PAGES, *SERVICES))}


def configuration(folder: Path) -> str:
    return front.configuration(front.local_place(folder, 8000), front.LocalPorts(PORTS))


@pytest.fixture
def answers(settings: Settings) -> Iterator[dict[str, str]]:
    yield front.answers()
    config.use(settings)


def test_the_front_server_sends_each_address_to_its_service(app: Flask) -> None:
    locations = LOCATION.findall(configuration(Path("/var/front")))
    for rule in app.url_map.iter_rules():
        address = re.sub(r"<[^>]+>", "some-text", rule.rule)
        if address.startswith("/static/"):
            continue
        service, error, rest = next(
            (name, page, rest) for pattern, name, page, rest in locations if re.search(pattern, address)
        )
        assert service == service_of(rule.rule)
        in_api = address.startswith("/api/v1/") and service != PAGES
        assert error == f"/unavailable/{'api.$language.json' if in_api else 'page.$language.html'}"
        assert ("gzip on;" in rest) == in_api, "the application compresses its pages itself"


@pytest.mark.parametrize(
    ("language", "button", "home"),
    [("pt_BR", "Tentar de novo", "Ver a programação"), ("en", "Try again", "See what is on")],
)
def test_a_part_that_is_down_has_a_page_with_a_way_on(
    answers: dict[str, str], language: str, button: str, home: str
) -> None:
    page = answers[f"unavailable/page.{language}.html"]
    assert f'<a class="button" href="">{button}</a>' in page
    assert f'<a href="/">{home}</a>' in page
    assert "csrf_token" not in page
    problem = json.loads(answers[f"unavailable/api.{language}.json"])
    assert problem["type"] == "urn:bilheteria:problem:service_unavailable"
    assert problem["status"] == 503


@pytest.mark.skipif(find_nginx() is None, reason="nginx is not installed")
def test_nginx_accepts_the_configuration(answers: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "front"
    path = front.write_files(folder, configuration(folder))
    command = [find_nginx() or "", "-t", "-e", "stderr", "-p", str(path.parent), "-c", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


@pytest.fixture
def nginx(answers: dict[str, str], tmp_path: Path) -> Iterator[int]:
    """The port of a front server; none of its processes runs."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tmp_path / "front"
    text = front.configuration(front.local_place(folder, port), front.LocalPorts(PORTS))
    path = front.write_files(folder, text)
    command = [find_nginx() or "", "-e", "stderr", "-p", str(path.parent), "-c", str(path)]
    process = subprocess.Popen(command)
    try:
        wait_until(lambda: request(port, "GET", "/static/") is not None, 60, lambda: "nginx does not answer")
        yield port
    finally:
        process.terminate()
        process.wait()


@pytest.mark.skipif(find_nginx() is None, reason="nginx is not installed")
@pytest.mark.parametrize(
    ("method", "path", "headers", "size", "status"),
    [
        ("POST", "/api/v1/orders", {}, 2_000_000, 413),
        ("POST", "/account/sign-in", {}, 2_000_000, 413),
        ("GET", "/api/v1/films", {"Authorization": "Bearer " + "a" * 20_000}, 0, 400),
        ("GET", "/", {"Cookie": "language=en; x=" + "a" * 20_000}, 0, 400),
        ("GET", "/%00", {}, 0, 400),
        ("GET", "/" + "a" * 20_000, {}, 0, 414),
    ],
)
def test_what_nginx_refuses_has_an_answer_of_ours(
    nginx: int, method: str, path: str, headers: dict[str, str], size: int, status: int
) -> None:
    body = "a" * size if size else None
    answer = request(nginx, method, path, body, {"Accept-Language": "en", **headers})
    assert answer is not None
    assert answer.status == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Retry-After" not in answer.headers
    if path.startswith("/api/"):
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert (answer.json["status"], answer.json["type"][:22]) == (status, "urn:bilheteria:problem")
    else:
        assert '<a class="button" href="/">' in answer.text
        assert "nginx" not in answer.text


def test_each_service_has_a_web_server_and_a_worker_with_ports_of_their_own(tmp_path: Path) -> None:
    site = Site(8000, tmp_path, "postgresql:///x", 8001)
    found = {plan.name: plan for plan in plans(site, {"SERVICES": "orders"}, itertools.count(8002))}
    assert {*found} == {PAGES, *SERVICES, *(f"{service}-worker" for service in SERVICES), "relay"}
    assert len({plan.port for plan in found.values()}) == len(found)
    for service in SERVICES:
        web, worker = found[service], found[f"{service}-worker"]
        assert web.env["SERVICES"] == worker.env["SERVICES"] == service
        assert web.env["PORT"] == str(web.port)
        assert worker.env["BILHETERIA_HEALTH_PORT"] == str(worker.port)
    assert "SERVICES" not in found["relay"].env


def test_a_port_in_use_is_not_given_to_a_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert next(free_ports(after=port - 1)) > port


def test_the_log_names_the_process_of_each_line(tmp_path: Path) -> None:
    log = CommonLog(tmp_path / "log" / "services.log")
    for name, line in (("orders", "first"), ("relay", "sécond")):
        with log.open_pipe(name) as pipe:
            pipe.write(f"{line}\n".encode())
    deadline = time.monotonic() + 30
    while len(lines := log.path.read_text().splitlines()) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert sorted(lines) == ["orders               first", "relay                sécond"]
    assert log.last_line("relay") == "sécond"
    assert log.last_line("pages") == "it wrote nothing"
