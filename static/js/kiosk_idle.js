// A kiosk that nobody touches asks whether someone is still there, counts down, and then ends the visit: what is held is
// released, and nothing of the visit stays in the browser. While a payment is on the screen, or the printer needs
// somebody, it waits longer; while a sheet is printed, the time does not run.
import { onElements } from "./behaviour.js";
import { limitedFetch } from "./limited_fetch.js";

const TICK_MS = 250;
const RETRY_MS = 2000;
const PAYING = ["preparing", "slow", "code", "card", "terminal", "stopping", "received"]
  .map((stage) => `[data-stage=${stage}]`).join();
const PRINTING = "[data-print-state=printing]";
const PRINTER_WAITS = ["paper_out", "cover_open", "offline", "error", "unsure"]
  .map((state) => `[data-print-state=${state}]`).join();
const LONGER = `${PAYING}, ${PRINTER_WAITS}`;

onElements("dialog[data-idle]", (dialog, signal) => {
  const form = dialog.querySelector("form");
  const count = dialog.querySelector("[data-idle-count]");
  const countdownMs = Number(dialog.dataset.count) * 1000;
  const waitMs = () => Number(document.querySelector(LONGER) ? dialog.dataset.paying : dialog.dataset.idle) * 1000;
  let touchedAt = performance.now();
  let isOver = false;

  const touch = () => {
    if (isOver) return;
    touchedAt = performance.now();
    if (dialog.open) dialog.close();
  };
  const tick = () => {
    if (document.querySelector(PRINTING)) touch();
    const left = touchedAt + waitMs() + countdownMs - performance.now();
    if (isOver || left > countdownMs) return;
    if (!dialog.open) dialog.showModal();
    count.textContent = Math.max(0, Math.ceil(left / 1000));
    if (left <= 0) end();
  };
  const end = async () => {
    isOver = true;
    dialog.toggleAttribute("data-ending", true);
    sessionStorage.clear();
    localStorage.clear();
    try {
      await limitedFetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
      location.replace(dialog.dataset.home); // a refused form too: the first page ends a visit that is still open
    } catch {
      setTimeout(end, RETRY_MS);
    }
  };

  const timer = setInterval(tick, TICK_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
  for (const event of ["pointerdown", "keydown", "wheel"]) {
    document.addEventListener(event, (happened) => {
      if (!happened.target.closest?.("[data-idle-end]")) touch();
    }, { signal, passive: true, capture: true });
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    end();
  }, { signal });
});
