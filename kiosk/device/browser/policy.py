"""The managed policy of Chromium: the page of the paired origin, and nothing else that a browser can do.

`python -m kiosk.device.browser.policy --config FILE` prints it. Debian's Chromium reads it from POLICY_FILE, which only
root can write, at each start.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from kiosk.device import config
from kiosk.device.config import Config

POLICY_FILE = Path("/etc/chromium/policies/managed/bilheteria-kiosk.json")
BLOCK, NO_DOWNLOADS = 2, 3


def policy(settings: Config) -> dict[str, Any]:
    return {**_addresses(settings), **_FUNCTIONS, **_DATA, **_PERMISSIONS}


def _addresses(settings: Config) -> dict[str, Any]:
    """Where the browser may go. The most specific entry decides, so the two of ours are let through."""
    start = f"http://127.0.0.1:{settings.agent.port}/start"
    return {
        "URLBlocklist": [
            "*", "file://*", "view-source:*", "javascript://*", "data:*", "chrome://*", "devtools://*", "ftp://*",
            "filesystem:*", "about:*", "chrome-untrusted://*", "chrome-extension://*",
        ],
        "URLAllowlist": [_exactly(settings.origin), start],
        # Without these two the page's requests to the agent would ask the visitor for permission.
        "LoopbackNetworkAllowedForUrls": [settings.origin],
        "LocalNetworkAccessAllowedForUrls": [settings.origin],
    }  # fmt: skip


def _exactly(origin: str) -> str:
    """The filter for this host without its subdomains: a dot before a name. An IP address has none."""
    scheme, _, host = origin.partition("://")
    name = host.rpartition(":")[0] if ":" in host.rpartition("]")[2] else host
    is_address = name.startswith("[") or name.replace(".", "").isdigit()
    return origin if is_address else f"{scheme}://.{host}"


_FUNCTIONS: dict[str, Any] = {
    "DeveloperToolsAvailability": BLOCK,
    "RemoteDebuggingAllowed": False,
    "DownloadRestrictions": NO_DOWNLOADS,
    "AllowFileSelectionDialogs": False,
    "PrintingEnabled": False,
    "ExtensionInstallBlocklist": ["*"],
    "IncognitoModeAvailability": 1,  # 1: not available
    "BrowserGuestModeEnabled": False,
    "BrowserAddPersonEnabled": False,
    "BrowserSignin": 0,
    "SyncDisabled": True,
    "TranslateEnabled": False,
    "SpellcheckEnabled": False,
    "SearchSuggestEnabled": False,
    "DefaultSearchProviderEnabled": False,
    "EditBookmarksEnabled": False,
    "BookmarkBarEnabled": False,
    "TaskManagerEndProcessEnabled": False,
    "EnableMediaRouter": False,
    "QRCodeGeneratorEnabled": False,
    "LensRegionSearchEnabled": False,
    "UserFeedbackAllowed": False,
    "AllowDinosaurEasterEgg": False,
    "PromotionsEnabled": False,
    "DefaultBrowserSettingEnabled": False,
    "ScreenCaptureAllowed": False,
    "BackgroundModeEnabled": False,
    "ComponentUpdatesEnabled": False,
    "SuppressUnsupportedOSWarning": True,
    "CommandLineFlagSecurityWarningsEnabled": False,
    "AutoplayAllowed": True,  # the spoken guidance begins without a touch
}
# What the next person must not find. The page empties its own storage; the device's cookie stays.
_DATA: dict[str, Any] = {
    "PasswordManagerEnabled": False,
    "AutofillAddressEnabled": False,
    "AutofillCreditCardEnabled": False,
    "PaymentMethodQueryEnabled": False,
    "SavingBrowserHistoryDisabled": True,
    "MetricsReportingEnabled": False,
    "UrlKeyedAnonymizedDataCollectionEnabled": False,
    "SafeBrowsingProtectionLevel": 0,  # one address is allowed: there is nothing to look up
    "NetworkPredictionOptions": BLOCK,
    "RestoreOnStartup": 5,  # 5: a new page, never those of before
}
_PERMISSIONS: dict[str, Any] = {
    "DefaultPopupsSetting": BLOCK,
    "DefaultNotificationsSetting": BLOCK,
    "DefaultGeolocationSetting": BLOCK,
    "DefaultSensorsSetting": BLOCK,
    "DefaultIdleDetectionSetting": BLOCK,
    "DefaultWindowManagementSetting": BLOCK,
    "DefaultClipboardSetting": BLOCK,
    "DefaultWebUsbGuardSetting": BLOCK,
    "DefaultWebHidGuardSetting": BLOCK,
    "DefaultWebBluetoothGuardSetting": BLOCK,
    "DefaultSerialGuardSetting": BLOCK,
    "DefaultFileSystemReadGuardSetting": BLOCK,
    "DefaultFileSystemWriteGuardSetting": BLOCK,
    "VideoCaptureAllowed": False,
    "AudioCaptureAllowed": False,
}


def text(settings: Config) -> str:
    return json.dumps(policy(settings), indent=2) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="Print the managed policy of the kiosk's Chromium.")
    parser.add_argument("--config", type=Path, default=config.DEFAULT_FILE)
    try:
        print(text(config.read(parser.parse_args().config)), end="")
    except config.ConfigError as error:
        print(f"kiosk-policy: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
