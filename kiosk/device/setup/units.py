"""The systemd units of the agent and of the session on the screen, the session's program, PAM service and voice."""

from __future__ import annotations

import shlex

from kiosk.device.browser import keyboard
from kiosk.device.config import Config
from kiosk.device.setup import places

AGENT = f"""[Unit]
Description=Print agent of the kiosk
StartLimitIntervalSec=0

[Service]
User={places.AGENT_USER}
SupplementaryGroups=lp
Environment=PYTHONPATH={places.LIBRARY} PYTHONUNBUFFERED=1
ExecStart={places.VENV}/bin/python -m kiosk.device.agent --config {places.CONFIG}
StateDirectory={places.STATE.name}
StateDirectoryMode=0700
RuntimeDirectory={places.STATE.name}
RuntimeDirectoryMode=0755
Restart=always
RestartSec=1
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallFilter=@system-service
DevicePolicy=closed
DeviceAllow=char-usb_device rw

[Install]
WantedBy=multi-user.target
"""

PAM = """account required pam_unix.so
session required pam_unix.so
session required pam_systemd.so type=wayland class=user
"""


# Sound goes to the sound card itself: there is no sound server. What is said is not logged.
SPEECH = """AudioOutputMethod "alsa"
AddModule "espeak-ng" "sd_espeak-ng" ""
DefaultModule "espeak-ng"
DefaultLanguage "pt-BR"
LogLevel 1
"""


def session_unit(settings: Config) -> str:
    environment = keyboard.environment(settings.display.keyboard)
    if not settings.display.cursor:
        environment |= {"XCURSOR_THEME": places.CURSORS.name, "XCURSOR_SIZE": "24"}
    variables = " ".join(f"{name}={value}" for name, value in environment.items())
    return f"""[Unit]
Description=Screen and browser of the kiosk
After=systemd-user-sessions.service systemd-logind.service {places.AGENT_UNIT}
Wants={places.AGENT_UNIT}
Conflicts=getty@tty1.service
After=getty@tty1.service
StartLimitIntervalSec=0

[Service]
User={places.BROWSER_USER}
SupplementaryGroups=audio
PAMName={places.PAM.name}
TTYPath=/dev/tty1
TTYReset=yes
TTYVHangup=yes
TTYVTDisallocate=yes
StandardInput=tty-fail
StandardOutput=journal
StandardError=journal
UtmpIdentifier=tty1
UtmpMode=user
Environment={variables}
Environment=PYTHONPATH={places.LIBRARY} PYTHONUNBUFFERED=1
StateDirectory={places.PROFILE.name}
StateDirectoryMode=0700
ExecStart=/usr/bin/cage -- {places.SESSION}
Restart=always
RestartSec=1

[Install]
WantedBy=graphical.target
"""


def session_program(settings: Config) -> str:
    """Turn the screen, start the voice, then become the watchdog of the browser.

    When it ends, systemd starts the session again.
    """
    transform = "normal" if settings.display.rotation == 0 else str(settings.display.rotation)
    output = shlex.quote(settings.display.output) if settings.display.output else '"$(first_output)"'
    return f"""#!/bin/sh
first_output() {{ wlr-randr | sed -n '1s/ .*//p'; }}
wlr-randr --output {output} --transform {transform} || echo "the screen could not be turned" >&2
speech-dispatcher --run-daemon --timeout 0 --config-dir {places.SPEECH} || echo "nothing can be read aloud" >&2
exec {places.VENV}/bin/python -m kiosk.device.browser --config {places.CONFIG} -- --ozone-platform=wayland
"""
