"""The settings of one machine, read from a TOML file. docs/kiosk-machine.md lists them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

DEFAULT_FILE = Path("/etc/bilheteria-kiosk/kiosk.toml")
PRINTER_KINDS = ("usb", "network", "file", "none")
CODE_PAGES = ("CP860", "CP850", "CP858", "CP1252")
ROTATIONS = (0, 90, 180, 270)


class ConfigError(Exception):
    """The file cannot be used; the message names the setting and what it may be."""


@dataclass(frozen=True)
class AgentConfig:
    port: int = 9321
    state: str = "/var/lib/bilheteria-kiosk"  # journal and pairing; survives a power cut
    run: str = "/run/bilheteria-kiosk"  # the page's last heartbeat; empty after a start
    pairing_path: str = "/kiosk/agent"  # where the server confirms the secret of a page


@dataclass(frozen=True)
class PrinterConfig:
    kind: str = "none"
    vendor: int = 0  # USB ids, as lsusb shows them
    product: int = 0
    in_endpoint: int = 0x82
    out_endpoint: int = 0x01
    host: str = ""
    port: int = 9100
    path: str = ""  # of the file printer
    status_path: str = ""  # of the file printer: one problem a line
    profile: str = "default"  # of python-escpos: which number the printer gives to a code page
    code_page: str = "CP860"
    columns: int = 48  # letters in a line: 48 on 80 mm paper, 32 on 58 mm


@dataclass(frozen=True)
class DisplayConfig:
    output: str = ""  # as wlr-randr names it; empty is the first one
    rotation: int = 0
    cursor: bool = False
    keyboard: str = "br"  # layout of a keyboard that is plugged in


@dataclass(frozen=True)
class BrowserConfig:
    program: str = "/usr/bin/chromium"
    profile: str = "/var/lib/bilheteria-kiosk-browser"  # keeps the device's cookie
    page: str = "/kiosk"
    window: str = ""  # such as 1080x1920: a window of this size, not the whole screen
    start_seconds: int = 60  # how long a new browser may take until the first heartbeat of its page
    silence_seconds: int = 30  # how long a page may be silent after a heartbeat


@dataclass(frozen=True)
class Config:
    origin: str
    agent: AgentConfig = field(default_factory=AgentConfig)
    printer: PrinterConfig = field(default_factory=PrinterConfig)
    display: DisplayConfig = field(default_factory=DisplayConfig)
    browser: BrowserConfig = field(default_factory=BrowserConfig)


def read(path: Path) -> Config:
    """Read and check the file. Raises ConfigError."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None


def parse(text: str) -> Config:
    """Raises ConfigError for a file that is not TOML, an unknown setting and a value that cannot be."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"this is no TOML: {error}") from None
    groups = {
        "agent": AgentConfig, "printer": PrinterConfig, "display": DisplayConfig, "browser": BrowserConfig,
    }  # fmt: skip
    unknown = set(values) - {"origin", *groups}
    if unknown:
        raise ConfigError(f"unknown settings: {', '.join(sorted(unknown))}")
    made = {name: _group(name, kind, values.get(name, {})) for name, kind in groups.items()}
    config = Config(origin=check_origin(values.get("origin", "")), **made)
    _check_choices(config)
    return config


def check_origin(value: object) -> str:
    """Return an address of scheme, host and port alone, without a slash at its end. Raises ConfigError."""
    parts = urlsplit(value if isinstance(value, str) else "")
    local = parts.hostname in ("127.0.0.1", "localhost")
    if parts.scheme not in ("https", "http") or not parts.hostname or (parts.scheme == "http" and not local):
        raise ConfigError("origin: an address that begins with https:// (http:// for this machine alone)")
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
        raise ConfigError("origin: scheme, host and port alone")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _group(name: str, kind: type, values: object) -> Any:
    if not isinstance(values, dict):
        raise ConfigError(f"{name}: a table")
    known = {one.name: one.default for one in fields(kind)}
    for key, value in values.items():
        if key not in known:
            raise ConfigError(f"{name}.{key}: unknown setting")
        if type(value) is not type(known[key]):
            raise ConfigError(f"{name}.{key}: {type(known[key]).__name__} is expected")
    return kind(**values)


def _is_name(name: str) -> bool:
    """A name that may stand in a unit file: letters, digits, - and _."""
    return name.replace("-", "").replace("_", "").isalnum() and name.isascii()


def _check_choices(config: Config) -> None:
    printer = config.printer
    needed = {"usb": ("vendor", "product"), "network": ("host",), "file": ("path",)}
    checks = [
        ("printer.kind", printer.kind in PRINTER_KINDS, f"one of {', '.join(PRINTER_KINDS)}"),
        ("printer.code_page", printer.code_page in CODE_PAGES, f"one of {', '.join(CODE_PAGES)}"),
        ("printer.columns", 24 <= printer.columns <= 64, "24 to 64"),
        ("display.rotation", config.display.rotation in ROTATIONS, "0, 90, 180 or 270"),
        ("display.keyboard", _is_name(config.display.keyboard), "a layout, such as br"),
        (
            "display.output",
            not config.display.output or _is_name(config.display.output),
            "a name, such as HDMI-A-1",
        ),
        ("agent.port", 0 <= config.agent.port <= 65535, "a port"),
        ("agent.pairing_path", config.agent.pairing_path.startswith("/"), "a path that begins with /"),
        (
            "browser.window",
            re.fullmatch(r"(\d+x\d+)?", config.browser.window) is not None,
            "such as 1080x1920",
        ),
        ("browser.page", config.browser.page.startswith("/"), "a path that begins with /"),
    ]
    checks += [
        (f"printer.{name}", bool(getattr(printer, name)), f"needed for a printer of the kind {printer.kind}")
        for name in needed.get(printer.kind, ())
    ]
    for name, right, allowed in checks:
        if not right:
            raise ConfigError(f"{name}: {allowed}")
