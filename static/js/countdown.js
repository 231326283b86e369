// The clock of a hold. The server says what time it is, so a wrong device clock does no harm.
import { onElements } from "./behaviour.js";

const LATE_SECONDS = 120;

onElements("[data-countdown]", (clock) => {
  const value = clock.querySelector("[data-countdown-value]") ?? clock;
  const voice = clock.querySelector("[data-countdown-voice]");
  const length = Number(clock.dataset.deadline) - Number(clock.dataset.now);
  const began = performance.now();
  let late = false;

  const tick = () => {
    if (!clock.isConnected) return clearInterval(timer);
    const left = Math.max(0, Math.ceil(length - (performance.now() - began) / 1000));
    value.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left <= LATE_SECONDS && !late) {
      late = true;
      clock.classList.add("late");
      for (const bar of document.querySelectorAll("[data-countdown-warning]")) bar.hidden = false;
      if (voice) voice.textContent = clock.dataset.late;
    }
    if (left === 0) {
      clearInterval(timer);
      if (voice) voice.textContent = clock.dataset.over;
      clock.dispatchEvent(new CustomEvent("countdown:over", { bubbles: true }));
    }
  };
  const timer = setInterval(tick, 1000);
  tick();
  // A page from the back-forward cache kept an old idea of the time: only the server knows the deadline now.
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
});
