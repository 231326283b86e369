// The clock of a hold. The server says what time it is, so a wrong device clock does no harm.
import { onElements } from "./behaviour.js";

const LATE_SECONDS = 120;

onElements("[data-countdown]", (clock) => {
  const value = clock.querySelector("[data-countdown-value]") ?? clock;
  const voice = clock.querySelector("[data-countdown-voice]");
  let length = Number(clock.dataset.deadline) - Number(clock.dataset.now);
  let began = performance.now();
  let late = false;
  const warn = (shown) => { for (const bar of document.querySelectorAll("[data-countdown-warning]")) bar.hidden = !shown; };

  const tick = () => {
    if (!clock.isConnected) return clearInterval(timer);
    const left = Math.max(0, Math.ceil(length - (performance.now() - began) / 1000));
    value.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left <= LATE_SECONDS && !late) {
      late = true;
      clock.classList.add("late");
      warn(true);
      if (voice) voice.textContent = clock.dataset.late;
    }
    if (left === 0) {
      clearInterval(timer);
      if (voice) voice.textContent = clock.dataset.over;
      clock.dispatchEvent(new CustomEvent("countdown:over", { bubbles: true }));
    }
  };
  let timer = setInterval(tick, 1000);
  tick();
  document.addEventListener("countdown:moved", (event) => {
    length = event.detail.deadline - event.detail.now;
    began = performance.now();
    late = length <= LATE_SECONDS;
    clock.classList.toggle("late", late);
    warn(late);
    clearInterval(timer);
    timer = setInterval(tick, 1000);
    tick();
  });
  // A page from the back-forward cache kept an old idea of the time: only the server knows the deadline now.
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
});
