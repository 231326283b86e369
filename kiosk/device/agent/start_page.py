"""The first page of the browser: it waits for the server, says so, and goes on to the kiosk's page.

It asks the agent whether the server answers: the server lets no page of elsewhere read its answers.
"""

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
const page = %s;
const later = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
async function wait() {
  for (;;) {
    try {
      const answer = await fetch("/heartbeat", { method: "POST" });
      if ((await answer.json()).server) {
        location.replace(page);
        return;
      }
    } catch { /* the agent starts again */ }
    document.body.hidden = false;
    await later(2);
  }
}
wait();
"""

_PAGE = """<!doctype html>
<html lang="pt-BR" translate="no">
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
    script = _SCRIPT % json.dumps(settings.origin + settings.browser.page)
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(_STYLE)}';"
        " connect-src 'self'; frame-ancestors 'none'"
    )
    return StartPage((_PAGE % (_STYLE, script)).encode(), policy)


def _hash(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
