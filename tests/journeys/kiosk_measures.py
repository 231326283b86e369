"""What is measured on a kiosk's page: the size of texts and targets, what lies out of reach, what is cut off."""

from __future__ import annotations

from dataclasses import dataclass

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

LEAST_TARGET = 64  # px
X_HEIGHT_MM = 4.77  # 25 px of Public Sans (x-height 0.517 em) at 1080 x 1920 on 32 inches: 4.8 mm
X_HEIGHT = 0.517
SCREEN_INCHES = 32
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
axe = Axe()

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
_TARGETS = """([least, top]) => {
  const found = [];
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


@dataclass
class Measures:
    """Looks at the page in modes of display; `found` are the complaints."""

    page: Page
    reach: float  # of the screen's height, from below: where all controls are in the mode "low"
    found: list[str]

    def switch(self, modes: tuple[str, ...]) -> None:
        """Show the open page in these modes, until it changes."""
        self.page.evaluate(
            """chosen => { for (const mode of ["large", "contrast", "low", "listen"])
                document.documentElement.toggleAttribute(`data-${mode}`, chosen.includes(mode)); }""",
            list(modes),
        )

    def wait_for_styles(self) -> None:
        """The text of a page is there before its styles are."""
        self.page.wait_for_load_state()
        self.page.wait_for_function(
            "() => [...document.querySelectorAll('link[rel=stylesheet]')].every((one) => one.sheet)"
        )

    def look(self, name: str, modes: tuple[str, ...], *, with_axe: bool = False) -> None:
        """Measure the open page in these modes, and let axe look at it if asked."""
        self.switch(modes)
        size = self.page.viewport_size
        assert size is not None
        height, width = size["height"], size["width"]
        px_per_mm = (width**2 + height**2) ** 0.5 / (SCREEN_INCHES * 25.4)
        least = X_HEIGHT_MM * px_per_mm / X_HEIGHT - 0.05
        top = height * (1 - self.reach) if "low" in modes else 0
        at = f"{name} {'+'.join(modes) or 'plain'} {width}"
        complaints = self.page.evaluate(_TEXTS, least) + self.page.evaluate(_TARGETS, [LEAST_TARGET, top])
        self.found += [f"{at}: {one}" for one in complaints]
        if with_axe:
            self._run_axe(at, {"runOnly": COLOURS} if modes == ("contrast",) else {})

    def _run_axe(self, at: str, options: dict[str, object]) -> None:
        if self.page.evaluate("typeof axe === 'undefined'"):
            self.page.evaluate(axe.axe_script)
        run = (
            "options => axe.run({ resultTypes: ['violations'], ...options }).then(found => found.violations)"
        )
        for violation in self.page.evaluate(run, options):
            targets = [node["target"] for node in violation["nodes"][:3]]
            self.found.append(f"{at}: {violation['id']} {targets}")
