"""The command that starts Chromium as a kiosk."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.device.config import Config

_FLAGS = (
    "--no-first-run",
    "--no-default-browser-check",
    "--noerrdialogs",
    "--hide-crash-restore-bubble",
    "--disable-pinch",
    "--overscroll-history-navigation=0",  # no swipe goes back
    "--deny-permission-prompts",
    "--disable-breakpad",
    "--disable-domain-reliability",
    "--disable-background-networking",
    "--password-store=basic",  # no keyring asks for a password
    "--autoplay-policy=no-user-gesture-required",
    "--enable-speech-dispatcher",  # the voices of the spoken guidance
    "--disk-cache-size=104857600",
)


def start_address(settings: Config) -> str:
    """The agent's own page: it says that the server is not reached, or goes on to the kiosk's page."""
    return f"http://127.0.0.1:{settings.agent.port}/start"


def command(settings: Config, further: Sequence[str] = ()) -> list[str]:
    """The whole screen without borders, or a window. `further`: flags of the machine, such as the window system's."""
    flags = [*_FLAGS, f"--user-data-dir={settings.browser.profile}", *further]
    start, size = start_address(settings), settings.browser.window
    if not size:
        return [settings.browser.program, "--kiosk", *flags, start]
    place = f"--window-size={size.replace('x', ',')}", "--window-position=0,0"
    return [settings.browser.program, *place, *flags, f"--app={start}"]
