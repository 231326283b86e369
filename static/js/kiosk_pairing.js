// A machine that waits for its pairing: its form is sent by itself, and a page that shows a code looks again.
import { onElements } from "./behaviour.js";

onElements("form[data-submit-now]", (form) => { form.requestSubmit(); });

onElements("[data-reload]", (element, signal) => {
  const timer = setTimeout(() => { location.replace(location.href); }, Number(element.dataset.reload) * 1000);
  signal.addEventListener("abort", () => clearTimeout(timer));
});
