"""The agent over HTTP: who may ask, what it prints, what it says."""

from __future__ import annotations

import http.client
import http.server
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.device.agent import heartbeat
from kiosk.device.agent.pairing import Pairing
from kiosk.device.agent.server import AgentServer
from kiosk.device.config import AgentConfig, Config, PrinterConfig
from kiosk.device.printing import journal, printers
from kiosk.device.printing.documents import parse_job
from kiosk.device.printing.jobs import Jobs
from kiosk.device.printing.journal import Journal
from kiosk.device.printing.printers import FilePrinter
from kiosk.device.printing.rendering import render
from tests.kiosk_device.agents import ORIGIN, SECRET, TICKET, Client, file_printer, running_agent

SHEET = render(parse_job(TICKET), PrinterConfig())


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Client]:
    with running_agent(tmp_path) as client:
        yield client


@pytest.mark.parametrize(
    ("headers", "status", "error"),
    [
        ({"Origin": None}, 403, "origin"),
        ({"Origin": "https://elsewhere.example"}, 403, "origin"),
        ({"Origin": "null"}, 403, "origin"),
        ({"Origin": "http://bilhetes.example"}, 403, "origin"),
        ({"Origin": ORIGIN + ".elsewhere.example"}, 403, "origin"),
        ({"Host": "rebound.example"}, 421, "host"),
        ({"Host": "rebound.example:9321"}, 421, "host"),
        ({"Authorization": None}, 401, "secret"),
        ({"Authorization": "Bearer another-secret"}, 401, "secret"),
        ({"Authorization": f"Basic {SECRET}"}, 401, "secret"),
    ],
)
def test_only_the_page_of_the_paired_origin_may_ask(
    agent: Client, tmp_path: Path, headers: dict[str, str | None], status: int, error: str
) -> None:
    for method, path, body in (("POST", "/jobs", TICKET), ("GET", "/status", None), ("GET", "/jobs", None)):
        got, answer, sent = agent.ask(method, path, body, **headers)
        assert (got, answer) == (status, {"error": error})
        assert ("Access-Control-Allow-Origin" in sent) == (error == "secret")
    assert not (tmp_path / "paper").exists()


def test_the_preflight_allows_the_paired_origin_alone(agent: Client) -> None:
    asked = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Private_Network": "true"}
    status, _, headers = agent.ask("OPTIONS", "/jobs", Authorization=None, **asked)
    assert status == 204
    assert headers["Access-Control-Allow-Origin"] == ORIGIN
    assert headers["Access-Control-Allow-Private-Network"] == "true"
    assert headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type"
    assert headers["Vary"] == "Origin"
    status, _, headers = agent.ask("OPTIONS", "/jobs", Authorization=None, Origin="https://elsewhere.example")
    assert status == 403
    assert not [name for name in headers if name.startswith("Access-Control")]


def test_an_agent_that_is_not_paired_prints_nothing(tmp_path: Path) -> None:
    with running_agent(tmp_path, paired=False) as client:
        assert client.print(TICKET) == (409, {"error": "not_paired"})


@contextmanager
def server_that_knows(secret: str) -> Iterator[str]:
    """The server's side of the pairing; yields its origin."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/healthz" else 404)
            self.end_headers()

        def do_POST(self) -> None:
            known = self.path == "/kiosk/agent" and self.headers["Authorization"] == f"Bearer {secret}"
            self.send_response(204 if known else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_pairing_takes_a_secret_that_the_server_confirms(tmp_path: Path) -> None:
    with server_that_knows(SECRET) as origin:
        with running_agent(tmp_path, paired=False, origin=origin) as client:
            client.headers = {"Origin": origin}
            assert client.ask("PUT", "/pairing", {"secret": "invented-by-someone"})[0] == 403
            assert client.ask("GET", "/status")[0] == 409
            assert client.ask("PUT", "/pairing", {"secret": SECRET})[0] == 200
            assert client.ask("GET", "/status")[0] == 200
        with running_agent(tmp_path, paired=False, origin=origin) as client:  # after a start
            client.headers = {"Origin": origin}
            assert client.ask("GET", "/status")[0] == 200
            assert client.ask("PUT", "/pairing", {"secret": "invented-by-someone"})[0] == 403
            assert client.ask("GET", "/status")[0] == 200
    assert SECRET not in (tmp_path / "state" / "pairing.json").read_text()
    assert (tmp_path / "state" / "pairing.json").stat().st_mode & 0o077 == 0


def test_pairing_waits_for_a_server_that_does_not_answer(tmp_path: Path) -> None:
    with server_that_knows(SECRET) as origin:
        pass
    with running_agent(tmp_path, paired=False, origin=origin) as client:
        status, answer, _ = client.ask("PUT", "/pairing", {"secret": SECRET}, Origin=origin)
        assert (status, answer) == (503, {"error": "server"})


@pytest.mark.parametrize("secret", [None, 5, "short", "a" * 201, "ção-ção-ção-ção-ção"])
def test_pairing_refuses_what_is_no_secret(agent: Client, secret: object) -> None:
    assert agent.ask("PUT", "/pairing", {"secret": secret})[0] == 422


def test_a_ticket_is_printed_byte_for_byte_and_once(agent: Client, tmp_path: Path) -> None:
    printed = (200, {"id": "ticket-0001", "kind": "ticket", "state": "printed"})
    assert agent.print(TICKET) == printed
    assert (tmp_path / "paper").read_bytes() == SHEET
    assert agent.print(TICKET) == printed
    assert agent.ask("GET", "/jobs/ticket-0001")[1]["state"] == "printed"
    assert (tmp_path / "paper").read_bytes() == SHEET


def test_the_same_job_asked_for_many_times_at_once_is_printed_once(agent: Client, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(agent.print, [TICKET] * 8))
    assert {(status, answer["state"]) for status, answer in answers} == {(200, "printed")}
    assert (tmp_path / "paper").read_bytes() == SHEET


def test_another_job_with_the_same_id_is_refused(agent: Client, tmp_path: Path) -> None:
    agent.print(TICKET)
    assert agent.print({**TICKET, "kind": "receipt"}) == (409, {"error": "other_job"})
    assert (tmp_path / "paper").read_bytes() == SHEET


def test_a_printed_ticket_is_not_kept(agent: Client, tmp_path: Path) -> None:
    agent.print(TICKET)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "state").iterdir())
    assert b"ticket-0001" in kept
    assert b"BIL1-ABCDEF" not in kept


def test_what_is_older_than_a_day_is_deleted_while_the_agent_runs(
    agent: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "paper").symlink_to("/dev/full")
    assert agent.print(TICKET)[1]["state"] == "interrupted"
    (tmp_path / "paper").unlink()
    monkeypatch.setattr(journal, "KEEP_OPEN_SECONDS", -60)  # the next job comes a day later
    assert agent.print({**TICKET, "id": "ticket-0002", "blocks": [{"type": "rule"}]})[1]["state"] == "printed"
    assert agent.ask("GET", "/jobs/ticket-0001")[0] == 404
    assert b"BIL1-ABCDEF" not in b"".join(path.read_bytes() for path in (tmp_path / "state").iterdir())


@pytest.mark.parametrize(
    ("problem", "printer", "paper"),
    [
        ("paper_out", "ready", "out"),
        ("paper_out offline", "ready", "out"),
        ("cover_open offline", "cover_open", "unknown"),
        ("offline", "offline", "unknown"),
        ("absent", "unknown", "unknown"),
        ("error", "failed", "enough"),
    ],
)
def test_a_printer_that_cannot_print_is_noticed_before_anything_is_sent(
    agent: Client, tmp_path: Path, problem: str, printer: str, paper: str
) -> None:
    (tmp_path / "printer-status").write_text(problem)
    assert agent.print(TICKET) == (503, {"error": "printer", "problems": problem.split()})
    said = agent.ask("GET", "/status")[1]
    assert (said["printer"], said["paper"], said["interrupted"]) == (printer, paper, [])
    assert not (tmp_path / "paper").exists()
    (tmp_path / "printer-status").unlink()
    assert agent.print(TICKET)[0] == 200


def test_low_paper_is_told_and_printed_on(agent: Client, tmp_path: Path) -> None:
    (tmp_path / "printer-status").write_text("paper_low")
    assert agent.print(TICKET)[1]["state"] == "printed"
    assert agent.ask("GET", "/status")[1]["paper"] == "low"


def test_a_sheet_that_meets_a_problem_is_offered_again(tmp_path: Path) -> None:
    """/dev/full takes nothing in: the write fails after the printer was opened."""
    with running_agent(tmp_path, printer=PrinterConfig("file", path="/dev/full")) as agent:
        assert agent.print(TICKET)[1]["state"] == "interrupted"
        assert agent.ask("GET", "/status")[1]["interrupted"] == [
            {"id": "ticket-0001", "kind": "ticket", "state": "interrupted"}
        ]
    with running_agent(tmp_path) as agent:
        assert agent.ask("POST", "/jobs/ticket-0001/again")[1]["state"] == "printed"
        assert agent.ask("POST", "/jobs/ticket-0001/again")[0] == 409
    assert (tmp_path / "paper").read_bytes() == SHEET


def test_an_error_that_nobody_expected_leaves_no_job_that_prints_for_ever(
    agent: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the printer's library")

    monkeypatch.setattr(FilePrinter, "send", fail)
    assert agent.print(TICKET)[1]["state"] == "interrupted"
    monkeypatch.undo()
    assert agent.ask("POST", "/jobs/ticket-0001/again")[1]["state"] == "printed"
    assert (tmp_path / "paper").read_bytes() == SHEET


def test_a_sheet_that_came_out_is_dismissed(tmp_path: Path) -> None:
    with running_agent(tmp_path, printer=PrinterConfig("file", path="/dev/full")) as agent:
        agent.print(TICKET)
        assert agent.ask("DELETE", "/jobs/ticket-0001")[0] == 200
        assert agent.ask("GET", "/jobs")[1] == {"jobs": []}
        assert agent.ask("DELETE", "/jobs/ticket-0001")[0] == 409
        assert agent.print(TICKET)[1]["state"] == "dismissed"


def test_a_printer_that_cannot_be_opened_leaves_no_job(tmp_path: Path) -> None:
    broken = PrinterConfig("file", path=str(tmp_path / "missing" / "paper"))
    with running_agent(tmp_path, printer=broken) as agent:
        assert agent.print(TICKET)[0] == 503
        assert agent.ask("GET", "/jobs/ticket-0001")[0] == 404


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"[" * 60_000, {}, 400),
        (b"\xff\xfe", {}, 400),
        (b'"text"', {}, 422),
        (b"{}", {"Content_Type": "text/plain"}, 415),
        (b"{}", {"Content_Length": "-5"}, 411),
        (b"{}", {"Content_Length": "99999999999"}, 413),
        (b"a" * 70_000, {}, 413),
    ],
)
def test_bad_requests_get_an_answer(
    agent: Client, body: bytes, headers: dict[str, str | None], status: int
) -> None:
    try:
        assert agent.ask("POST", "/jobs", body, **headers)[0] == status
    except (BrokenPipeError, ConnectionResetError):
        assert status == 413  # it answers a body that is too large without reading it


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", "/jobs/../../etc"), ("PUT", "/jobs/ticket-0001"), ("GET", "/jobs/unknown-job"),
     ("GET", "/jobs/ticket-0001/again"), ("POST", "/pairing"), ("GET", "/pairing")],
)  # fmt: skip
def test_there_is_nothing_else(agent: Client, method: str, path: str) -> None:
    assert agent.ask(method, path)[0] == 404


def test_the_page_sends_a_heartbeat(agent: Client, tmp_path: Path) -> None:
    assert heartbeat.last(tmp_path / "run") is None
    status, answer, _ = agent.ask("POST", "/heartbeat")
    assert status == 200
    assert {"version", "printer", "paper", "problems", "interrupted"} == set(answer)
    heard = heartbeat.last(tmp_path / "run")
    assert heard is not None
    silence = heartbeat.silence(tmp_path / "run")
    assert silence is not None
    assert silence >= 0


def test_a_page_that_is_not_paired_sends_a_heartbeat_too_and_is_told_nothing(tmp_path: Path) -> None:
    with running_agent(tmp_path, paired=False) as client:
        assert client.ask("POST", "/heartbeat", Authorization=None)[:2] == (409, {"error": "not_paired"})
        assert heartbeat.last(tmp_path / "run") is not None


def test_a_page_of_elsewhere_cannot_keep_a_hung_browser_alive(agent: Client, tmp_path: Path) -> None:
    assert agent.ask("POST", "/heartbeat", Origin="https://elsewhere.example")[0] == 403
    assert heartbeat.last(tmp_path / "run") is None


def test_the_start_page_goes_on_when_the_server_answers(tmp_path: Path) -> None:
    with server_that_knows(SECRET) as origin, running_agent(tmp_path, paired=False, origin=origin) as client:
        own = f"http://127.0.0.1:{client.port}"
        assert client.ask("POST", "/heartbeat", Authorization=None, Origin=own)[:2] == (200, {"server": True})
    with running_agent(tmp_path, paired=False, origin=origin) as client:
        own = f"http://127.0.0.1:{client.port}"
        assert client.ask("POST", "/heartbeat", Authorization=None, Origin=own)[:2] == (
            200,
            {"server": False},
        )


def test_the_start_page_is_the_machines_own(tmp_path: Path) -> None:
    with running_agent(tmp_path, paired=False, origin="http://127.0.0.1:9") as client:
        connection = http.client.HTTPConnection("127.0.0.1", client.port)
        connection.request("GET", "/start")
        answer = connection.getresponse()
        page = answer.read().decode()
        connection.close()
        assert "connect-src 'self';" in answer.headers["Content-Security-Policy"]
        assert 'const page = "http://127.0.0.1:9/kiosk";' in page
        assert 'lang="pt-BR"' in page
        assert 'lang="en"' in page
        own = f"http://127.0.0.1:{client.port}"
        client.ask("POST", "/heartbeat", Authorization=None, Origin=own)
        assert heartbeat.last(tmp_path / "run") is not None
        assert client.ask("GET", "/status", Origin=own)[0] == 403


def test_it_listens_on_this_machine_alone(tmp_path: Path) -> None:
    printer = file_printer(tmp_path)
    jobs = Jobs(printers.make(printer), printer, Journal(tmp_path / "jobs.sqlite"))
    pairing = Pairing(tmp_path / "pairing.json")
    with AgentServer(Config(ORIGIN, AgentConfig(port=0), printer), jobs, pairing) as server:
        assert server.server_address[0] == "127.0.0.1"
