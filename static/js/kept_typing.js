// Keeps what was typed in this tab when a page is left without sending its form, and restores it later. The form has
// data-kept-typing (a key), its fields data-kept; other fields are not kept.
import { onElements } from "./behaviour.js";
import { load, store } from "./tab_storage.js";

onElements("form[data-kept-typing]", (form, signal) => {
  const key = `typed ${form.dataset.keptTyping}`;
  const fields = () => [...form.querySelectorAll("[data-kept]")];
  let sent = false;

  const keep = () => {
    const typed = fields().filter((field) => field.value).map((field) => [field.name, field.value]);
    store(key, sent || !typed.length ? null : Object.fromEntries(typed));
  };
  const typed = load(key) ?? {};
  for (const field of fields()) {
    if (field.name in typed) field.value = typed[field.name];
  }
  form.addEventListener("submit", () => { sent = true; }, { signal });
  window.addEventListener("pagehide", keep, { signal });
  signal.addEventListener("abort", keep);
  window.addEventListener("pageshow", () => { sent = false; }, { signal });
});
