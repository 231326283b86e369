"""The settings of a machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.device import config
from kiosk.device.config import ConfigError

GOOD = 'origin = "https://Ingressos.example:8443/"\n'


def test_a_short_file_is_enough() -> None:
    read = config.parse(GOOD)
    assert read.origin == "https://ingressos.example:8443"
    assert (read.printer.kind, read.agent.port, read.display.rotation) == ("none", 9321, 0)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "origin"),
        ('origin = "ingressos.example"', "origin"),
        ('origin = "http://ingressos.example"', "origin"),
        ('origin = "https://ingressos.example/kiosk"', "origin"),
        ('origin = "https://user@ingressos.example"', "origin"),
        ("origin =", "TOML"),
        (GOOD + 'colour = "red"', "colour"),
        (GOOD + 'printer = "usb"', "printer"),
        (GOOD + '[printer]\nkind = "laser"', "printer.kind"),
        (GOOD + '[printer]\nkind = "usb"\nvendor = 1208', "printer.product"),
        (GOOD + '[printer]\nkind = "network"', "printer.host"),
        (GOOD + '[printer]\nkind = "file"', "printer.path"),
        (GOOD + '[printer]\npapre = "x"', "printer.papre"),
        (GOOD + '[printer]\ncode_page = "CP437"', "printer.code_page"),
        (GOOD + "[printer]\ncolumns = 8", "printer.columns"),
        (GOOD + '[agent]\nport = "9321"', "agent.port"),
        (GOOD + "[display]\nrotation = 45", "display.rotation"),
        (GOOD + "[display]\ncursor = 1", "display.cursor"),
    ],
)
def test_a_mistake_is_named(text: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        config.parse(text)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"kiosk\.toml"):
        config.read(tmp_path / "kiosk.toml")
