"""Host and domain names in ASCII, by IDNA 2008.

Python's own `idna` codec follows IDNA 2003, which turns ß into ss: another domain, which somebody else may own. Every
name with letters beyond ASCII passes these functions before it reaches a socket, a mail header or a link.
"""

from __future__ import annotations


def ascii_host(name: str) -> str:
    """`praça.example` → `xn--praa-2oa.example`; an ASCII name is not changed. Raises ValueError for a bad name."""
    if name.isascii():
        return name
    import idna  # its tables are large, and most processes meet ASCII names alone

    return idna.encode(name, uts46=True).decode()


def ascii_address(address: str) -> str:
    """An e-mail address with its domain in ASCII. Raises ValueError, also for letters beyond ASCII before the @."""
    local, at, domain = address.rpartition("@")
    if not local.isascii():
        raise ValueError("letters beyond ASCII before the @: few servers take them")
    return f"{local}{at}{ascii_host(domain)}"
