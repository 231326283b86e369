"""A stand-in for the browser's speech synthesis, which is silent without a sound card: it keeps what is said."""

from __future__ import annotations

from playwright.sync_api import Page

# Each utterance ends a moment later; `stop` stands where the voice was interrupted.
STAND_IN = """
window.said = [];
class Utterance extends EventTarget { constructor(text) { super(); this.text = text; } }
const waiting = new Set();
const speech = Object.assign(new EventTarget(), {
  getVoices: () => ["en-GB", "pt-PT", "pt-BR"].map((lang) => ({ lang })),
  speak(one) {
    const { text, lang, rate, volume, voice } = one;
    window.said.push({ text, lang, rate, volume, voice: voice?.lang });
    waiting.add(one);
    setTimeout(() => { if (waiting.delete(one)) one.dispatchEvent(new Event("end")); }, 300);
  },
  cancel() { window.said.push({ text: "stop" }); waiting.clear(); },
});
Object.defineProperty(window, "SpeechSynthesisUtterance", { value: Utterance });
Object.defineProperty(window, "speechSynthesis", { value: speech });
window.outputs = 1;
const enumerateDevices = async () => Array(window.outputs).fill({ kind: "audiooutput" });
Object.defineProperty(navigator, "mediaDevices", { value: Object.assign(new EventTarget(), { enumerateDevices }) });
"""


class Speech:
    """What the page said since it opened or since `forget`."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.add_init_script(STAND_IN)

    def hear(self, text: str) -> None:
        """Wait until the text is a part of what was said."""
        try:
            self.page.wait_for_function(
                "text => said.map(one => one.text).join('\\n').includes(text)", arg=text, timeout=15_000
            )
        except Exception as error:
            raise AssertionError(f"{text!r} is not in {self.texts()}") from error

    def texts(self) -> list[str]:
        said: list[str] = self.page.evaluate("said.map(one => one.text)")
        return said

    def last(self, name: str) -> object:
        """A property of the last utterance: lang, rate, volume or the language of its voice."""
        value: object = self.page.evaluate("name => said.filter(one => one.lang).at(-1)[name]", name)
        return value

    def twice(self) -> list[str]:
        """What was said again without an interruption in between."""
        parts = "\0".join(self.texts()).split("stop")
        found = [[text for text in part.split("\0") if text] for part in parts]
        return [text for part in found for text in part if part.count(text) > 1]

    def forget(self) -> None:
        self.page.evaluate("said.length = 0")
