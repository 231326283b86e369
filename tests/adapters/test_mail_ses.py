"""What is particular to SES: which of its errors are permanent, and what it is asked."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.adapters import mail_ses
from app.adapters.mail import BadMail, Mail, MailError, open_mail
from tests.adapters.scripted_server import ScriptedServer
from tests.aws_server import credentials

SENDER = "Cine Lanterna <ingressos@cinelanterna.example>"
MAIL = Mail(
    "ana@example.org", "Não há", "Boa sessão!\n" * 40, "<p>Boa sessão!</p>", "<0f6c@cinelanterna.example>"
)


@pytest.fixture
def ses() -> Iterator[ScriptedServer]:
    with credentials(), ScriptedServer.running() as server:
        yield server
    mail_ses._clients.clear()


def send(server: ScriptedServer, configuration_set: str = "") -> None:
    open_mail(f"ses://{configuration_set}?region=sa-east-1&endpoint={server.url}", Path(), SENDER).send(MAIL)


def refuse(server: ScriptedServer, code: str, message: str, status: int = 400) -> None:
    server.answers = [(status, {"x-amzn-errortype": code}, json.dumps({"message": message}).encode())]


def test_the_raw_message_is_sent_to_its_one_recipient(ses: ScriptedServer) -> None:
    send(ses, "tickets")
    (request,) = ses.requests
    assert (request.method, request.path) == ("POST", "/v2/email/outbound-emails")
    asked = json.loads(request.body)
    assert asked["Destination"] == {"ToAddresses": ["ana@example.org"]}
    assert asked["ConfigurationSetName"] == "tickets"
    raw = base64.b64decode(asked["Content"]["Raw"]["Data"])
    assert raw.isascii(), "SES refuses other bytes"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("MessageRejected", "Email address <ana@example.org> is not valid"),
        ("BadRequestException", "Illegal address ana@example.org"),
    ],
)
def test_a_refused_recipient_is_a_permanent_error(ses: ScriptedServer, code: str, message: str) -> None:
    refuse(ses, code, message)
    with pytest.raises(BadMail, match=code) as failed:
        send(ses)
    assert "ana@" not in str(failed.value)


@pytest.mark.parametrize(
    ("code", "message", "status"),
    [
        ("TooManyRequestsException", "slower", 429),
        ("LimitExceededException", "the quota of the day is used up", 400),
        ("SendingPausedException", "paused", 400),
        ("MessageRejected", "Email address is not verified: ingressos@cinelanterna.example", 400),
        ("AccessDeniedException", "the role may not send", 403),
        ("InternalServiceErrorException", "", 500),
    ],
)
def test_all_other_errors_are_temporary_and_a_mail_is_sent_once(
    ses: ScriptedServer, code: str, message: str, status: int
) -> None:
    refuse(ses, code, message, status)
    with pytest.raises(MailError):
        send(ses)
    assert len(ses.requests) == 1


def test_an_ses_that_does_not_answer_is_a_temporary_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_ses, "READ_SECONDS", 0.2)
    with credentials(), socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"ses://?region=sa-east-1&endpoint=http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(MailError, match=r"[Tt]imeout"):
            open_mail(address, Path(), SENDER).send(MAIL)
