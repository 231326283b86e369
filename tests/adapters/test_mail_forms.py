"""The contract of the mailbox, for all its forms: a folder, SMTP and SES."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

import boto3
import pytest
from moto.ses.models import ses_backends

from app.adapters.mail import Attachment, BadMail, Mail, Mailbox, MailError, open_mail
from app.adapters.mail_ses import OWN_ID
from tests.adapters.mail_server import MailServer
from tests.adapters.scripted_server import ScriptedServer
from tests.aws_server import credentials, endpoint

SENDER = "Cine São João <ingressos@cinelanterna.example>"
PORTUGUESE = Mail(
    to="joao@praça.example",
    subject="Seus ingressos para Não Há Saída, às 21h30",
    text="Boa sessão, João!\n",
    html="<p>Boa sessão, João!</p>",
    message_id="<0f6c@cinelanterna.example>",
    attachments=(
        Attachment("Ingressos João.pdf", b"%PDF-1.7 \x00\xff"),
        Attachment("sessão.ics", "SUMMARY:Não Há Saída\r\n".encode(), "text/calendar"),
    ),
)
ENGLISH = replace(
    PORTUGUESE,
    subject="Your tickets for No Way Out, 9:30 pm",
    text="Enjoy the film, João!\n",
    html="<p>Enjoy the film, João!</p>",
    message_id="<1a7d@cinelanterna.example>",
)


class Form(Protocol):
    """One form of the mailbox, with what its tests need."""

    mailbox: Mailbox

    def sent(self) -> list[bytes]:
        """The mails that have arrived, in order."""

    def is_away(self) -> None:
        """From now on the mail server answers that it cannot work now."""


class FolderForm:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mailbox = open_mail(f"folder:{folder}/mail", Path("unused"), SENDER)

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> Iterator[Form]:
        yield cls(folder)

    def sent(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted((self.folder / "mail").glob("*.eml"))]

    def is_away(self) -> None:
        (self.folder / "mail").write_text("a file stands where the folder should be")


class SmtpForm:
    def __init__(self, server: MailServer) -> None:
        self.server = server
        self.mailbox = open_mail(f"smtp://127.0.0.1:{server.port}?tls=off", Path(), SENDER)

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> Iterator[Form]:
        server = MailServer()
        yield cls(server)
        server.stop()

    def sent(self) -> list[bytes]:
        return self.server.received

    def is_away(self) -> None:
        self.server.closed = True


class SesForm:
    def __init__(self, region: str, scripted: ScriptedServer) -> None:
        self.region = region
        self.scripted = scripted
        self.mailbox = open_mail(f"ses://?region={region}&endpoint={endpoint()}", Path(), SENDER)

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> Iterator[Form]:
        with credentials(), ScriptedServer.running() as scripted:
            client = boto3.client("ses", region_name="sa-east-1", endpoint_url=endpoint())
            client.verify_domain_identity(Domain="cinelanterna.example")
            ses_backends["123456789012"]["sa-east-1"].sent_messages.clear()
            yield cls("sa-east-1", scripted)

    def sent(self) -> list[bytes]:
        found = ses_backends["123456789012"][self.region].sent_messages
        return [one.raw_data.encode() for one in found]

    def is_away(self) -> None:
        self.scripted.answers = [
            (429, {"x-amzn-errortype": "TooManyRequestsException"}, b'{"message": "slower"}')
        ]
        self.mailbox = open_mail(f"ses://?region={self.region}&endpoint={self.scripted.url}", Path(), SENDER)


FORMS: list[Callable[[Path], AbstractContextManager[Form]]] = [
    FolderForm.opened,
    SmtpForm.opened,
    SesForm.opened,
]


@pytest.fixture(params=FORMS, ids=["folder", "smtp", "ses"])
def form(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Form]:
    with request.param(tmp_path) as opened:
        yield opened


def read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.parametrize("mail", [PORTUGUESE, ENGLISH], ids=["pt", "en"])
def test_a_mail_arrives_whole(form: Form, mail: Mail) -> None:
    form.mailbox.send(mail)
    (content,) = form.sent()
    message = read(content)
    assert message["From"] == SENDER
    assert message["To"] == "joao@xn--praa-2oa.example"
    assert message["Subject"] == mail.subject
    assert message["Auto-Submitted"] == "auto-generated"
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().strip() == mail.text.strip()
    assert mail.html in html.get_content()
    pdf, calendar = message.iter_attachments()
    assert (pdf.get_filename(), pdf.get_content_type()) == ("Ingressos João.pdf", "application/pdf")
    assert pdf.get_content() == b"%PDF-1.7 \x00\xff"
    assert (calendar.get_filename(), calendar.get_content_type()) == ("sessão.ics", "text/calendar")
    assert calendar.get_payload(decode=True) == "SUMMARY:Não Há Saída\r\n".encode()


def test_a_repeated_mail_has_the_id_of_the_first(form: Form) -> None:
    """A folder keeps one file. SES gives a Message-ID of its own, so our id stands in a second header."""
    form.mailbox.send(PORTUGUESE)
    form.mailbox.send(PORTUGUESE)
    form.mailbox.send(ENGLISH)
    name = OWN_ID if isinstance(form, SesForm) else "Message-ID"
    ids = {read(content)[name] for content in form.sent()}
    assert ids == {PORTUGUESE.message_id, ENGLISH.message_id}


@pytest.mark.parametrize(
    "change",
    [
        {"to": "ana@example.org\r\nBcc: all@example.org"},
        {"to": "ana@example.org, eva@example.org"},
        {"subject": "Tickets\r\nBcc: all@example.org"},
        {"message_id": "<a@b>\r\nBcc: all@example.org"},
        {"attachments": (Attachment("a.pdf\r\nBcc: all@example.org", b""),)},
        {"attachments": (Attachment("a.pdf", b"", "application/pdf\r\nBcc: all@example.org"),)},
    ],
)
def test_values_with_line_breaks_add_no_header(form: Form, change: dict[str, str]) -> None:
    try:
        form.mailbox.send(replace(PORTUGUESE, **change))  # type: ignore[arg-type]
    except BadMail:
        assert form.sent() == []
        return
    (content,) = form.sent()
    assert read(content)["Bcc"] is None
    assert b"\nBcc:" not in content


def test_a_mail_server_that_cannot_work_now_is_a_temporary_error(form: Form) -> None:
    form.is_away()
    with pytest.raises(MailError) as failed:
        form.mailbox.send(PORTUGUESE)
    assert "joao@" not in str(failed.value)
