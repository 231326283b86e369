// The − and + buttons of a number field. With data-submit the form is sent when the number stops changing.
import { onElements } from "./behaviour.js";

const SETTLED_MS = 450;

onElements("[data-stepper]", (stepper, signal) => {
  const input = stepper.querySelector("input");
  const buttons = [...stepper.querySelectorAll("[data-step]")];
  let timer;
  const low = () => Number(input.min || 0);
  const high = () => Number(input.max || 99);
  const clamp = (value) => Math.min(high(), Math.max(low(), Number.isFinite(value) ? Math.trunc(value) : low()));

  const show = () => {
    for (const button of buttons) {
      const next = Number(input.value) + Number(button.dataset.step);
      // Not `disabled`: a disabled button loses the focus, and the next Enter would send the form.
      button.ariaDisabled = next < low() || next > high();
    }
  };
  const settle = () => {
    clearTimeout(timer);
    if ("submit" in stepper.dataset && input.form) timer = setTimeout(() => input.form.requestSubmit(), SETTLED_MS);
  };
  stepper.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step]");
    if (!button || button.ariaDisabled === "true") return;
    input.value = clamp(Number(input.value) + Number(button.dataset.step));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }, { signal });
  input.addEventListener("change", () => {
    input.value = clamp(input.valueAsNumber);
    show();
    settle();
  }, { signal });
  stepper.classList.add("ready");
  show();
});
