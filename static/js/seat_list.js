// The list by row: a seat that is taken while it has the focus says so, and hands it to its neighbour.
import { announce } from "./behaviour.js";

document.addEventListener("seats:taken", (event) => {
  const row = event.target.closest(".by-row details");
  if (!row || !event.detail.focused) return;
  const boxes = [...row.querySelectorAll("input[name=seat]")];
  const free = boxes.filter((box) => !box.disabled);
  const next = free.find((box) => boxes.indexOf(box) > boxes.indexOf(event.target)) ?? free.at(-1) ?? row.querySelector("summary");
  next.focus();
  announce(event.target.nextElementSibling.textContent);
});
