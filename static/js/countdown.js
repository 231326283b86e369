// The clock of a hold. It counts from the server's time, so a wrong device clock does no harm.
import { onElements } from "./behaviour.js";

const LATE_SECONDS = 120;

onElements("[data-countdown]", (clock, signal, isBack) => {
  const value = clock.querySelector("[data-countdown-value]") ?? clock;
  const region = document.querySelector("[data-countdown-voice]");
  let length = Number(clock.dataset.deadline) - Number(clock.dataset.now);
  let startedAt = performance.now();
  let announced = "";
  let over = false;

  // The elements for enough time, little time and no time have a data attribute each.
  const show = (left) => {
    const late = left <= LATE_SECONDS;
    clock.classList.toggle("late", late);
    hide("[data-countdown-warning]", !late || left === 0);
    hide("[data-countdown-ended]", left > 0);
    hide("[data-while-held]", left === 0);
    if (over !== (left === 0)) {
      over = !over;
      for (const button of document.querySelectorAll("button[data-bar-action]")) button.disabled = over;
    }
    const text = left === 0 ? clock.dataset.over : late ? clock.dataset.late : "";
    if (region && text !== announced) region.textContent = announced = text;
  };

  const tick = () => {
    const left = Math.max(0, Math.ceil(length - (performance.now() - startedAt) / 1000));
    value.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    show(left);
    if (left === 0) {
      clearInterval(timer);
      clock.dispatchEvent(new CustomEvent("countdown:over", { bubbles: true }));
    }
  };
  let timer = setInterval(tick, 1000);
  tick();
  document.addEventListener("countdown:moved", (event) => {
    length = event.detail.deadline - event.detail.now;
    startedAt = performance.now();
    clearInterval(timer);
    timer = setInterval(tick, 1000);
    tick();
  }, { signal });
  signal.addEventListener("abort", () => clearInterval(timer));
  // A page from the browser's or our page cache, or of a device that slept, has an old deadline: ask for the current
  // one. What is typed stays, unless the order has moved on in another tab: then load the page again.
  const ask = async (onRefusal) => {
    try {
      const answer = await fetch(clock.dataset.clock, { headers: { Accept: "application/json" } });
      if (signal.aborted) return;
      if (!answer.ok) return onRefusal();
      document.dispatchEvent(new CustomEvent("countdown:moved", { detail: await answer.json() }));
    } catch { /* without a network, keep the old deadline */ }
  };
  const resume = () => { clock.dataset.clock ? ask(() => location.reload()) : location.reload(); };
  if (isBack) resume();
  window.addEventListener("pageshow", (event) => { if (event.persisted) resume(); }, { signal });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && clock.dataset.clock) ask(() => {});
  }, { signal });
});

function hide(selector, hidden) {
  for (const element of document.querySelectorAll(selector)) element.hidden = hidden;
}
