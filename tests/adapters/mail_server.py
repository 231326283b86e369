"""An SMTP server for the tests."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress


class MailServer:
    """Keeps the mails that it receives. It refuses nowhere.example, and defers later.example while `defers` is set."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.received: list[bytes] = []
        self.recipients: list[str] = []  # the recipients that it accepted
        self.closed = False
        self.data_reply = b"250 taken"
        self.quit_reply = b"221 bye"
        self.refusal = b"550 no such person"  # of nowhere.example; empty: it accepts
        self.defers = True
        self.pause = 0.0  # seconds before each answer
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(timeout=5)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with suppress(OSError), connection, connection.makefile("rwb") as wire:
                self._talk(wire)

    def _talk(self, wire) -> None:  # type: ignore[no-untyped-def]
        def say(line: bytes) -> None:
            time.sleep(self.pause)
            wire.write(line + b"\r\n")
            wire.flush()

        say(b"421 not now" if self.closed else b"220 ready")
        while line := wire.readline().strip():
            word = line.upper()
            if word == b"DATA":
                say(b"354 go on")
                self.received.append(b"".join(iter(wire.readline, b".\r\n")))
                say(self.data_reply)
            elif word.startswith(b"RCPT") and b"NOWHERE.EXAMPLE" in word and self.refusal:
                say(self.refusal)
            elif word.startswith(b"RCPT") and b"LATER.EXAMPLE" in word and self.defers:
                say(b"450 come back later")
            elif word.startswith(b"RCPT TO:"):
                self.recipients.append(line[8:].strip(b" <>").decode())
                say(b"250 ok")
            elif word == b"QUIT":
                say(self.quit_reply)
                return
            elif word == b"STARTTLS":
                say(b"502 unknown")
            else:
                say(b"250 ok")
