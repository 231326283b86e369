// What was typed and not sent stays when the page comes again in the other language: in this tab, until it is there.
// A step of the purchase sends its own form along, so this is about the other fields; passwords are typed anew.
import { recall, remember } from "./tab_memory.js";

const PLACE = "typed before the other language";

// On its way down to the form: page_swap.js lets no other script hear of it.
addEventListener("submit", ({ target: sent, submitter }) => {
  if (submitter?.name !== "language") return;
  const action = sent.getAttribute("action");
  const path = action === "/language" ? location.pathname : new URL(action, location).pathname;
  remember(PLACE, { path, typed: typedBeside(sent) });
}, { capture: true });

function fields() {
  return [...document.querySelectorAll("main input:not([type=hidden], [type=password]), main select, main textarea")].filter((field) => field.name);
}

function typedBeside(sent) {
  return fields().filter((field) => field.form !== sent).map((field) => ({ name: field.name, value: field.value, checked: field.checked }));
}

function bringBack() {
  const kept = recall(PLACE);
  remember(PLACE, null);
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

// When the page's other behaviours are there: what comes back counts as typed.
document.addEventListener("DOMContentLoaded", bringBack);
