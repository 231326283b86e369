// Keeps what was typed and not sent in this tab until the page is shown in the other language. A step of the purchase
// sends its own form along, so this is for the other fields. Passwords are not kept.
import { load, store } from "./tab_storage.js";

const KEY = "typed before the other language";

// Listen in the capture phase: page_swap.js stops the event before it reaches the form.
addEventListener("submit", ({ target: sent, submitter }) => {
  if (submitter?.name !== "language") return;
  const action = sent.getAttribute("action");
  const path = action === "/language" ? location.pathname : new URL(action, location).pathname;
  store(KEY, { path, typed: typedOutside(sent) });
}, { capture: true });

function fields() {
  return [...document.querySelectorAll("main input:not([type=hidden], [type=password]), main select, main textarea")].filter((field) => field.name);
}

function typedOutside(sent) {
  return fields().filter((field) => field.form !== sent).map((field) => ({ name: field.name, value: field.value, checked: field.checked }));
}

function restore() {
  const kept = load(KEY);
  store(KEY, null);
  if (!kept || kept.path !== location.pathname) return;
  for (const field of fields()) {
    const ticked = ["checkbox", "radio"].includes(field.type);
    const one = kept.typed.find((old) => old.name === field.name && (!ticked || old.value === field.value));
    if (!one || (ticked ? one.checked === field.checked : one.value === field.value)) continue;
    if (ticked) field.checked = one.checked;
    else field.value = one.value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

// Restore after the page's other behaviours have started, so that they react to the restored fields.
document.addEventListener("DOMContentLoaded", restore);
