// Switches a mode of display (larger text, contrast, low screen, listening) at once: the page is not loaded again, so
// that seats that were chosen and fields that were filled stay. Without scripts the button sends its form.
import { onElements } from "./behaviour.js";
import { limitedFetch } from "./limited_fetch.js";

let sending = Promise.resolve(); // one after another: each answer brings the session that the next one changes

onElements("form[data-modes]", (form, signal) => {
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button?.name !== "toggle") return;
    event.preventDefault();
    const isOn = button.ariaPressed !== "true";
    show(button, isOn);
    const body = new FormData(form, button);
    sending = sending.then(async () => {
      try {
        const answer = await limitedFetch(form.action, { method: "POST", body, redirect: "manual" });
        if (answer.type !== "opaqueredirect" && !answer.ok) throw new Error("refused");
      } catch {
        show(button, !isOn);
      }
    });
  }, { signal });
});

function show(button, isOn) {
  button.ariaPressed = isOn;
  document.documentElement.toggleAttribute(`data-${button.value}`, isOn);
  document.dispatchEvent(new CustomEvent("kiosk:mode", { detail: { mode: button.value, isOn } }));
}
