// The seats as a list by row: rows update their number of free seats. A focused seat that is taken is announced, and
// the focus moves to its neighbour.
import { announce, onElements } from "./behaviour.js";

onElements(".by-row", (list, signal) => {
  const [one, many] = JSON.parse(list.dataset.sayFree);
  list.addEventListener("seats:changed", () => {
    for (const row of list.querySelectorAll("details")) {
      const open = [...row.querySelectorAll("input[name=seat]:not(:disabled)")];
      const free = open.reduce((all, box) => all + box.value.split("-").length, 0);
      row.querySelector("[data-row-free]").textContent = (free === 1 ? one : many).replace("#", free);
      row.querySelector("[data-row-price]")?.toggleAttribute("hidden", !free);
    }
  }, { signal });
});

document.addEventListener("seats:taken", (event) => {
  const row = event.target.closest(".by-row details");
  if (!row || !event.detail.focused) return;
  const boxes = [...row.querySelectorAll("input[name=seat]")];
  const free = boxes.filter((box) => !box.disabled);
  const next = free.find((box) => boxes.indexOf(box) > boxes.indexOf(event.target)) ?? free.at(-1) ?? row.querySelector("summary");
  next.focus();
  announce(event.target.nextElementSibling.textContent);
});
