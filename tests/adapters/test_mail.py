"""Mail as files in a folder and by SMTP to a small real server; form values cannot add headers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from pathlib import Path

import pytest

from app.adapters import mail_smtp
from app.adapters.mail import (
    Attachment,
    BadAddress,
    BadMail,
    Mail,
    MailError,
    check_sender,
    open_mail,
)
from app.adapters.mail_message import compose
from app.adapters.mail_smtp import SmtpMailbox
from tests.adapters.mail_server import MailServer

SENDER = "Cine Lanterna <ingressos@cinelanterna.example>"
MAIL = Mail(
    to="ana@example.org",
    subject="Seus ingressos para Limite",
    text="Boa sessão!\n",
    html="<p>Boa sessão!</p>",
    message_id="<0f6c@cinelanterna.example>",
    attachments=(Attachment("LUZ-4720.pdf", b"%PDF-1.7 tickets"),),
)


def read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_mail_is_written_to_the_folder(tmp_path: Path) -> None:
    open_mail("folder:", tmp_path / "mail", SENDER).send(MAIL)
    (file,) = (tmp_path / "mail").iterdir()
    assert file.suffix == ".eml"
    message = read(file.read_bytes())
    assert message["To"] == "ana@example.org"
    assert message["From"] == SENDER
    assert message["Subject"] == "Seus ingressos para Limite"
    assert message["Message-ID"] == MAIL.message_id
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().strip() == "Boa sessão!"
    assert "<p>Boa sessão!</p>" in html.get_content()
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == "LUZ-4720.pdf"
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_content() == b"%PDF-1.7 tickets"


def test_a_repeated_mail_replaces_the_first_file(tmp_path: Path) -> None:
    mailbox = open_mail(f"folder:{tmp_path}", Path("unused"), SENDER)
    mailbox.send(MAIL)
    mailbox.send(MAIL)
    mailbox.send(replace(MAIL, message_id="<other@cinelanterna.example>"))
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_cannot_be_written_is_a_temporary_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(MailError):
        open_mail("folder:", tmp_path / "file" / "mail", SENDER).send(MAIL)


@pytest.mark.parametrize(
    "change",
    [
        {"to": "ana@example.org\r\nBcc: all@example.org"},
        {"to": "ana@example.org, eva@example.org"},
        {"to": "Ana <ana@example.org>"},
        {"to": "ana"},
        {"to": ""},
        {"to": "ana@exa mple.org"},
        {"subject": "Tickets\r\nBcc: all@example.org"},
        {"subject": "Tickets\nBcc: all@example.org"},
        {"message_id": "<a@b>\r\nBcc: all@example.org"},
    ],
)
def test_values_with_line_breaks_add_no_header(change: dict[str, str]) -> None:
    with pytest.raises(BadMail):
        compose(replace(MAIL, **change), SENDER).as_bytes()  # type: ignore[arg-type]


def test_any_body_is_sent_unchanged() -> None:
    hostile = "Bcc: all@example.org\r\n.\r\nQUIT\r\n<img onerror=x> {{7*7}} \u202e 🎬"
    message = read(compose(replace(MAIL, text=hostile, html=hostile), SENDER).as_bytes())
    assert message["Bcc"] is None
    body = message.get_body(("plain",))
    assert body is not None
    assert "QUIT" in body.get_content()


@pytest.mark.parametrize(
    ("to", "known_as"),
    [
        ("ana@praça.example", "ana@xn--praa-2oa.example"),
        ("ana@straße.example", "ana@xn--strae-oqa.example"),
        ("ana@xn--strae-oqa.example", "ana@xn--strae-oqa.example"),
    ],
)
def test_an_international_domain_is_sent_in_its_ascii_form(
    to: str, known_as: str, mail_server: MailServer, tmp_path: Path
) -> None:
    open_mail(f"folder:{tmp_path}", tmp_path, SENDER).send(replace(MAIL, to=to))
    (file,) = tmp_path.glob("*.eml")
    assert read(file.read_bytes())["To"] == known_as
    open_mail(f"smtp://127.0.0.1:{mail_server.port}?tls=off", tmp_path, SENDER).send(replace(MAIL, to=to))
    assert mail_server.recipients == [known_as]


def test_sender_and_mail_server_are_sent_in_their_ascii_form(tmp_path: Path) -> None:
    sender = compose(MAIL, "Cine Lanterna <ingressos@straße.example>")["From"]
    assert sender == "Cine Lanterna <ingressos@xn--strae-oqa.example>"
    mailbox = open_mail("smtp://mail.straße.example", tmp_path, SENDER)
    assert isinstance(mailbox, SmtpMailbox)
    assert mailbox.host == "mail.xn--strae-oqa.example"


SUBJECTS = (
    "Seus ingressos para Ninguém Sairá Daqui: Não Há Saída, pedido LTZ-4720",
    "Seus ingressos para o filme de hoje: Ninguém Sairá Daqui: Não Há Saída",
    "Seus ingressos para Ação, Emoção e Coração: a Última Sessão do Cine São João, às 21h30",
    "Seus ingressos: 七人の侍 · Семь самураев · 🎬🍿 o último não há",
    "Não " * 40 + "há",
    "é" * 150,
    "Seus ingressos para " + "um filme de nome muito comprido " * 4 + "só",
    " ".join("ãé"[n % 2] * (n % 13 + 1) for n in range(25)),
)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_folded_subject_keeps_its_blanks(subject: str) -> None:
    """Mail readers drop blanks between encoded words, as the standard says."""
    content = compose(replace(MAIL, subject=subject), SENDER).as_bytes()
    line = re.search(rb"^Subject: (.*(?:\r\n[ \t].*)*)\r\n", content, re.MULTILINE)
    assert line is not None
    assert line[1].isascii()
    assert max(map(len, line[0].split(b"\r\n"))) <= 78
    assert str(make_header(decode_header(line[1].decode()))) == subject.strip()


def test_a_folded_name_keeps_its_blanks() -> None:
    name = "Cinemateca São João da Conceição, Não Há Sessão Às Segundas e Terças"
    content = compose(MAIL, f'"{name}" <ingressos@cinelanterna.example>').as_bytes()
    line = re.search(rb"^From: (.*(?:\r\n[ \t].*)*)\r\n", content, re.MULTILINE)
    assert line is not None
    said = str(make_header(decode_header(line[1].decode().replace("\r\n", ""))))
    assert said == f"{name} <ingressos@cinelanterna.example>"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "smtp:",
        "smtp://",
        "ftp://example.org",
        "ses:",
        "ses://",
        "ses://?region=São",
        "ses://?tls=off",
        "ses://a b?region=sa-east-1",
        "smtp://host:port",
        "smtp://host?tls=maybe",
        "folder",
    ],
)
def test_an_unknown_mail_url_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(BadAddress, match="smtp://host:port"):
        open_mail(address, tmp_path, SENDER)


@pytest.mark.parametrize("sender", ["nonsense", "Cine Lanterna", "Cine, Lanterna <a@b.example>", "Cine <a@>"])
def test_an_invalid_sender_is_refused(sender: str) -> None:
    with pytest.raises(BadAddress, match="a sender is"):
        check_sender(sender)
    check_sender(SENDER)


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.stop()


def test_a_mail_is_sent_by_smtp(mail_server: MailServer, tmp_path: Path) -> None:
    mailbox = open_mail(f"smtp://127.0.0.1:{mail_server.port}?tls=off", tmp_path, SENDER)
    mailbox.send(MAIL)
    (content,) = mail_server.received
    assert read(content)["Message-ID"] == MAIL.message_id


@pytest.mark.parametrize("goodbye", [b"421 too busy to say goodbye", b"250 bye", b"nonsense"])
def test_an_accepted_mail_counts_as_sent_when_the_connection_breaks_afterwards(
    goodbye: bytes, mail_server: MailServer, tmp_path: Path
) -> None:
    mail_server.quit_reply = goodbye
    open_mail(f"smtp://127.0.0.1:{mail_server.port}?tls=off", tmp_path, SENDER).send(MAIL)
    assert len(mail_server.received) == 1


def test_a_refused_recipient_is_a_permanent_error(mail_server: MailServer, tmp_path: Path) -> None:
    mailbox = open_mail(f"smtp://127.0.0.1:{mail_server.port}?tls=off", tmp_path, SENDER)
    with pytest.raises(BadMail):
        mailbox.send(replace(MAIL, to="ana@nowhere.example"))


def test_a_deferred_recipient_is_a_temporary_error(mail_server: MailServer, tmp_path: Path) -> None:
    mailbox = open_mail(f"smtp://127.0.0.1:{mail_server.port}?tls=off", tmp_path, SENDER)
    with pytest.raises(MailError):
        mailbox.send(replace(MAIL, to="ana@later.example"))


def test_an_unreachable_server_is_a_temporary_error(mail_server: MailServer, tmp_path: Path) -> None:
    address = f"smtp://127.0.0.1:{mail_server.port}?tls=off"
    mail_server.closed = True
    with pytest.raises(MailError):
        open_mail(address, tmp_path, SENDER).send(MAIL)
    mail_server.stop()
    with pytest.raises(MailError):
        open_mail(address, tmp_path, SENDER).send(MAIL)


def test_the_time_limit_is_for_the_whole_mail(
    mail_server: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the six answers takes half a second, which is within its limit; the whole mail exceeds the limit."""
    monkeypatch.setattr(mail_smtp, "WHOLE_SECONDS", 1.2)
    mail_server.pause = 0.5
    with pytest.raises(MailError):
        open_mail(f"smtp://127.0.0.1:{mail_server.port}?tls=off", tmp_path, SENDER).send(MAIL)
    assert mail_server.received == []


def test_mail_is_sent_unencrypted_only_when_the_setting_allows_it(
    mail_server: MailServer, tmp_path: Path
) -> None:
    mailbox = open_mail(f"smtp://127.0.0.1:{mail_server.port}", tmp_path, SENDER)
    assert isinstance(mailbox, SmtpMailbox)
    with pytest.raises(MailError):  # this server has no STARTTLS
        mailbox.send(MAIL)
    assert mail_server.received == []


def test_mail_errors_contain_no_recipient(mail_server: MailServer, tmp_path: Path) -> None:
    nobody = replace(MAIL, to="ana.souza@exa mple.org", subject="Tickets")
    with pytest.raises(BadMail) as refused:
        compose(nobody, SENDER)
    assert "souza" not in str(refused.value)
    mail_server.data_reply = b"554 <ana.souza@example.org>: looks like spam"
    with pytest.raises(MailError, match="looks like spam") as failed:
        open_mail(f"smtp://127.0.0.1:{mail_server.port}?tls=off", tmp_path, SENDER).send(MAIL)
    assert "souza" not in str(failed.value)
