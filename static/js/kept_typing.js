// What was typed waits in this tab for who leaves the page by another way than sending it, and comes back.
// A form with data-kept-typing (what it belongs to) holds fields with data-kept; others are not kept.
import { onElements } from "./behaviour.js";
import { recall, remember } from "./tab_memory.js";

onElements("form[data-kept-typing]", (form, signal) => {
  const place = `typed ${form.dataset.keptTyping}`;
  const fields = () => [...form.querySelectorAll("[data-kept]")];
  let sent = false;

  const keep = () => {
    const typed = fields().filter((field) => field.value).map((field) => [field.name, field.value]);
    remember(place, sent || !typed.length ? null : Object.fromEntries(typed));
  };
  const typed = recall(place) ?? {};
  for (const field of fields()) {
    if (field.name in typed) field.value = typed[field.name];
  }
  form.addEventListener("submit", () => { sent = true; }, { signal });
  window.addEventListener("pagehide", keep, { signal });
  signal.addEventListener("abort", keep);
  window.addEventListener("pageshow", () => { sent = false; }, { signal });
});
