"""The first page of the browser: it waits for the server, says so, and goes on to the kiosk's page."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass

from kiosk.device.config import Config

_STYLE = """
html { background: #170e0f; color: #f6ecdc; font: 32px "Public Sans", "DejaVu Sans", sans-serif; cursor: none; }
body { margin: 12vh 60px; }
h1 { font-size: 66px; line-height: 1.1; }
"""

_SCRIPT = """
const server = %s, page = %s;
const later = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
async function wait() {
  for (;;) {
    fetch("/alive", { method: "POST" }).catch(() => {});
    try {
      await fetch(server + "/healthz", { mode: "no-cors", cache: "no-store", signal: AbortSignal.timeout(2500) });
      location.replace(server + page);
      return;
    } catch {
      document.body.hidden = false;
    }
    await later(2);
  }
}
wait();
"""

_PAGE = """<!doctype html>
<html lang="pt-BR">
<meta charset="utf-8">
<title>Kiosk</title>
<style>%s</style>
<body hidden>
<h1>Sem conexão</h1>
<p>Esta tela ainda não alcança o cinema. Ela tenta de novo sozinha; no balcão você já pode comprar.</p>
<div lang="en">
<h1>No connection</h1>
<p>This screen does not reach the cinema yet. It keeps trying by itself; you can buy at the counter now.</p>
</div>
<script>%s</script>
</body>
</html>
"""


@dataclass(frozen=True)
class StartPage:
    body: bytes
    policy: str  # of its Content-Security-Policy


def make(settings: Config) -> StartPage:
    script = _SCRIPT % (json.dumps(settings.origin), json.dumps(settings.browser.page))
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(_STYLE)}';"
        f" connect-src 'self' {settings.origin}; frame-ancestors 'none'"
    )
    return StartPage((_PAGE % (_STYLE, script)).encode(), policy)


def _hash(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
