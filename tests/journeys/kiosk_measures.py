"""What is measured on a kiosk's page: the size of texts and targets, what lies out of reach, what is cut off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from playwright.sync_api import Page, ViewportSize

from tests.journeys.axe_checks import RULES_2_1, RUN_AXE, load_axe

# px. WCAG 2.2 asks for 24. axe does not measure it here: it takes what scrolls below the row of modes for covered.
LEAST_TARGET = 64
X_HEIGHT_MM = 4.77  # 25 px of Public Sans (x-height 0.517 em) at 1080 x 1920 on 32 inches: 4.8 mm
X_HEIGHT = 0.517
SCREEN_INCHES = 32
SIZES: tuple[ViewportSize, ...] = ({"width": 1080, "height": 1920}, {"width": 1366, "height": 768})
REACH = {
    1080: 0.5,
    1366: 0.75,
}  # by width: of the screen's height, from below, where all is in the mode "low"
Modes = tuple[str, ...]

# Texts that nobody needs at this size: the number in a seat's drawing (the bar and the list name the seat), and the
# rating's own sign, whose number the official drawing has in this proportion. Seats are as large as the auditorium lets
# them be; the button for the best seats together stands beside the map.
_TEXTS = """least => {
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode.data.trim();
    const element = texts.currentNode.parentElement;
    if (!text || element.closest(".hidden-visually, .skip, svg, script, style, noscript, template")) continue;
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const size = parseFloat(getComputedStyle(element).fontSize);
    if (size < least) found.push(`${text.slice(0, 30)}: ${size} px`);
  }
  return found;
}"""
_TARGETS = """([least, top, fits]) => {
  const found = [];
  const scrolls = (one) => one.scrollHeight > one.clientHeight + 1;
  if (fits && [...document.querySelectorAll(".page, .page > main")].some(scrolls)) found.push("the page scrolls");
  for (const one of document.querySelectorAll("a[href], button, summary, label:has(input), input:not([type=hidden])")) {
    if (one.matches("[name=seat], label input, .skip") || !one.checkVisibility({ visibilityProperty: true })) continue;
    const box = one.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) continue;
    const name = (one.innerText || one.ariaLabel || one.name || "").slice(0, 30);
    if (box.width < least - 0.5 || box.height < least - 0.5) found.push(`${name}: ${box.width} x ${box.height}`);
    if (box.top < top - 0.5) found.push(`${name}: out of reach at ${box.top}`);
    if (box.left < -0.5 || box.right > innerWidth + 0.5) {
      if (!one.closest(".hall, .kiosk-days")) found.push(`${name}: beside the screen`);
    }
  }
  if (document.documentElement.scrollWidth > innerWidth) found.push("the page is wider than the screen");
  if (document.documentElement.scrollHeight > innerHeight) found.push("the document scrolls, not only the page in it");
  return found;
}"""


# As kiosk_modes.js does, without sending the choice to the server.
_SWITCH = """chosen => { for (const mode of ["large", "contrast", "low", "listen"]) {
  const isOn = chosen.includes(mode);
  document.documentElement.toggleAttribute(`data-${mode}`, isOn);
  for (const button of document.querySelectorAll(`[name=toggle][value=${mode}]`)) button.ariaPressed = isOn;
} }"""
_LOOK = f"""async ([looks, least, target, fits, rules]) => {{
  const [show, texts, targets, runAxe] = [{_SWITCH}, {_TEXTS}, {_TARGETS}, {RUN_AXE}];
  const found = [];
  for (const [modes, top, withAxe] of looks) {{
    show(modes);
    const mayScroll = !fits || modes.length > 1;
    const measured = [...texts(least), ...targets([target, top, !mayScroll])];
    const complaints = [...measured, ...(withAxe ? await runAxe(rules) : [])];
    for (const one of complaints) found.push(`${{modes.join("+") || "plain"}}: ${{one}}`);
  }}
  show([]);
  return found;
}}"""


@dataclass
class Measures:
    """Looks at the page in modes of display; `found` are the complaints."""

    page: Page
    found: list[str]

    def switch(self, modes: Modes) -> None:
        """Show the open page in these modes, until it changes."""
        self.page.evaluate(_SWITCH, list(modes))

    def wait_for_styles(self) -> None:
        """The text of a page is there before its styles are."""
        self.page.wait_for_load_state()
        self.page.wait_for_function(
            "() => [...document.querySelectorAll('link[rel=stylesheet]')].every((one) => one.sheet)"
        )

    def look(
        self, name: str, with_axe: Sequence[Modes], only_sizes: Sequence[Modes] = (), *, fits: bool = False
    ) -> None:
        """Measure the open page at both sizes, in each of these modes; axe looks at it in those of `with_axe`.

        `fits`: the page may not scroll, in none of these modes alone.
        """
        load_axe(self.page)
        for size in SIZES:
            self.page.set_viewport_size(size)
            height, width = size["height"], size["width"]
            px_per_mm = (width**2 + height**2) ** 0.5 / (SCREEN_INCHES * 25.4)
            least = X_HEIGHT_MM * px_per_mm / X_HEIGHT - 0.05
            top = height * (1 - REACH[width])
            looks = [
                [modes, top if "low" in modes else 0, modes in with_axe] for modes in (*with_axe, *only_sizes)
            ]
            complaints = self.page.evaluate(_LOOK, [looks, least, LEAST_TARGET, fits, RULES_2_1])
            self.found += [f"{name}, {width} px, {one}" for one in complaints]
