// Spoken guidance: a page that opens is introduced: what it is, what is chosen, the time left, and what to do next.
import { onElements } from "./behaviour.js";
import { hush, isListening, say } from "./kiosk_voice.js";
import { describe, readable, textOf } from "./kiosk_spoken_text.js";

const SPOKEN = ".where .what, main [role=alert], main .errors, main h2, [data-spoken], .pay :is(.amount, .at-terminal, .notice), .bar .sum";
const SETTLED_MS = 60; // the focus of a new page is set by then

onElements("[data-spoken-words]", (guide, signal) => {
  const introduce = (first = "") => {
    if (!isListening()) return;
    const focused = document.activeElement;
    const control = focused?.matches("main :is(a, button, input, summary)") ? describe(focused) : "";
    say([first, ...summary(guide), control]);
  };
  const timer = setTimeout(introduce, SETTLED_MS);
  document.addEventListener("kiosk:mode", ({ detail: { mode, isOn } }) => {
    if (mode !== "listen") return;
    if (isOn) introduce(guide.dataset.spokenHelp);
    else hush();
  }, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
});

addEventListener("pagehide", hush);

function summary(guide) {
  const title = document.title.split(" · ").slice(0, -1).join(", ") || document.title;
  const found = [...document.querySelectorAll(SPOKEN)].filter((one) => one.tagName !== "H2" || one === firstHeading());
  const texts = [readable(title), ...found.map(textOf), timeLeft(guide), guide.dataset.spokenNext];
  return [...new Set(texts)].filter(Boolean);
}

const firstHeading = () => [...document.querySelectorAll("main h2")].find((one) => one.checkVisibility());

function timeLeft(guide) {
  const clock = document.querySelector("[data-countdown]:not([hidden]) [data-countdown-value]");
  const minutes = Number(clock?.textContent.split(":")[0]);
  return minutes > 0 ? guide.dataset.spokenTime.replace("{n}", minutes) : "";
}
