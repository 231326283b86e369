// Spoken guidance: the control that has the focus, and what it is after a change. A touch or a key stops the voice.
import { hush, isListening, say } from "./kiosk_voice.js";
import { describe, groupOf, nameOf } from "./kiosk_spoken_text.js";

const CONTROLS = "a[href], button, input, select, textarea, summary, dialog";

let group = null;
let wasAsked = false; // whether the focus moves because of a touch or a key, not because a page opened

for (const event of ["pointerdown", "keydown"]) {
  document.addEventListener(event, () => {
    wasAsked = true;
    if (isListening()) hush();
  }, { capture: true, passive: true });
}
document.addEventListener("htmx:after:swap", () => { wasAsked = false; });

document.addEventListener("focusin", ({ target }) => {
  if (!isListening() || !target.matches(CONTROLS)) return;
  const entered = groupOf(target);
  const isNew = entered && entered !== group && entered !== target;
  group = entered;
  say([isNew && nameOf(entered), target === entered ? nameOf(target) : describe(target)], {
    after: !wasAsked && !entered?.matches("dialog"),
    isKept: !target.closest("[data-voice-controls]"),
  });
});

document.addEventListener("kiosk:mode", ({ detail: { mode } }) => {
  const button = document.activeElement;
  if (mode !== "listen" && button.value === mode) say([describe(button)]);
});

document.addEventListener("change", ({ target }) => {
  if (!isListening()) return;
  // The − and + buttons change the number beside them, and keep the focus.
  const own = target === document.activeElement || target.closest("[data-stepper]")?.contains(document.activeElement);
  if (own) say([describe(target)]);
});
