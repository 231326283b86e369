// The door: the scan field is empty and has the focus for the next ticket, whatever happens. A scanner types and
// presses Enter faster than answers come: htmx sends what was typed one after another, the field is free at once.
import { onElements } from "./behaviour.js";

onElements("form[data-scan]", (form) => {
  const field = form.querySelector("[data-scan-field]");
  const verdict = () => document.getElementById("_verdict");

  // Focus without a keyboard on the screen, which would hide the answer; it comes when the field is touched.
  const ready = () => {
    field.inputMode = "none";
    field.focus({ preventScroll: true });
  };
  field.addEventListener("pointerdown", () => { field.inputMode = "text"; });

  form.addEventListener("submit", (event) => {
    if (field.value.trim()) return;
    event.preventDefault(); // a scanner that ends with two Enters
    event.stopImmediatePropagation();
  }, true);

  const noAnswer = () => {
    const words = document.querySelector("template[data-no-answer]").content.cloneNode(true);
    verdict().replaceWith(words);
    answered();
  };
  const answered = () => {
    field.removeAttribute("aria-invalid");
    scrollTo(0, 0);
    ready();
    const kind = verdict().dataset.verdict;
    if (kind) document.dispatchEvent(new CustomEvent("door:verdict", { detail: kind }));
  };

  form.addEventListener("htmx:config:request", () => {
    field.value = "";
    field.blur(); // puts a keyboard on the screen away
    ready();
  });
  form.addEventListener("htmx:before:swap", (event) => {
    const { text, response } = event.detail.ctx;
    if (text.includes('id="_verdict"')) return;
    event.preventDefault();
    if (response.status < 500) location.assign(form.dataset.scan); // signed out meanwhile
    else noAnswer();
  });
  form.addEventListener("htmx:after:swap", answered);
  form.addEventListener("htmx:error", noAnswer);

  addEventListener("focus", ready);
  document.addEventListener("keydown", (event) => {
    const elsewhere = event.target.closest("input, select, textarea, button, a, summary");
    if (!elsewhere && event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey) ready();
  });
  // The next scan must not be added to what was refused for the moment.
  field.select();
});
