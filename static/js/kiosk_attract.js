// The posters of the attract page: every eight seconds one slot after another fades to its next film.
import { onElements } from "./behaviour.js";

const SHOWN_MS = 8000;

onElements("[data-wall]", (wall, signal) => {
  const slots = [...wall.querySelectorAll("[data-slot]")].filter((slot) => slot.children.length > 1);
  if (!slots.length) return;
  let turn = 0;
  const timer = setInterval(() => {
    const posters = [...slots[turn % slots.length].children];
    const shown = posters.findIndex((poster) => !poster.classList.contains("off"));
    posters[shown].classList.add("off");
    posters[(shown + 1) % posters.length].classList.remove("off");
    turn += 1;
  }, SHOWN_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
});
