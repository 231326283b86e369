"""Where things lie on an installed machine, and the names of its users and units."""

from __future__ import annotations

from pathlib import Path

PROGRAM = Path("/opt/bilheteria-kiosk")
LIBRARY = PROGRAM / "lib"
VENV = PROGRAM / "venv"
SESSION = PROGRAM / "session"
INSTALLED = PROGRAM / "installed"  # a fingerprint of the files of a complete installation
CONFIG = Path("/etc/bilheteria-kiosk/kiosk.toml")
TARGET_BEFORE = CONFIG.with_name(
    "default-target-before"
)  # what the machine started into before the installation
STATE = Path("/var/lib/bilheteria-kiosk")
PROFILE = Path("/var/lib/bilheteria-kiosk-browser")
SPEECH = PROGRAM / "speech"
CURSORS = Path("/usr/share/icons/bilheteria-hidden")
PAM = Path("/etc/pam.d/bilheteria-kiosk")
UNITS = Path("/etc/systemd/system")

AGENT_USER = "bilheteria-agent"
BROWSER_USER = "bilheteria-kiosk"
AGENT_UNIT = "bilheteria-agent.service"
SESSION_UNIT = "bilheteria-kiosk.service"

# libpam-systemd gives the session its seat: screen and input without root. cage does not start without xwayland, though
# nothing uses it and the package does not ask for it.
PACKAGES = (
    "chromium",
    "cage",
    "xwayland",
    "wlr-randr",
    "libpam-systemd",
    "python3-venv",
    "libusb-1.0-0",
    "fonts-dejavu-core",
)
# The voices of the spoken guidance: Chromium asks speech-dispatcher, which speaks by espeak-ng.
SPEECH_PACKAGES = ("speech-dispatcher", "speech-dispatcher-espeak-ng")
