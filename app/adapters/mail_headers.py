"""A policy that encodes mail headers so that readers keep the blanks between encoded words."""

from __future__ import annotations

from email.header import Header
from email.headerregistry import Address, AddressHeader, UnstructuredHeader
from email.policy import EmailPolicy
from typing import Any

_LINE = 76  # RFC 2047: the longest line that holds an encoded word


class _WholeBlanks(EmailPolicy):
    """A policy that keeps blanks.

    Before Python 3.13 EmailPolicy writes a blank between two encoded words, where readers must drop it (RFC 2047):
    `Não Há` is read as `NãoHá`. `email.header.Header` keeps the blank inside a word.
    """

    def fold(self, name: str, value: Any) -> str:
        return self._encoded(name, value) if _needs_words(value) else super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        if _needs_words(value):
            return self._encoded(name, value).encode("ascii")
        return super().fold_binary(name, value)

    def _encoded(self, name: str, value: AddressHeader | UnstructuredHeader) -> str:
        if isinstance(value, AddressHeader):
            encoded = f",{self.linesep} ".join(self._mailbox(one, name) for one in value.addresses)
        else:
            encoded = self._words(str(value), name)
        return f"{name}: {encoded}{self.linesep}"

    def _mailbox(self, one: Address, header: str) -> str:
        if one.display_name.isascii():
            return str(one)
        return f"{self._words(one.display_name, header)}{self.linesep} <{one.addr_spec}>"

    def _words(self, text: str, header: str) -> str:
        return Header(text, "utf-8", _LINE, header).encode(linesep=self.linesep)


def _needs_words(value: object) -> bool:
    return isinstance(value, (AddressHeader, UnstructuredHeader)) and not str(value).isascii()


POLICY = _WholeBlanks(linesep="\r\n")
