// The choice of seats: total and names in the bar, the limit of seats, arrow keys. The seats are native checkboxes.
import { onElements } from "./behaviour.js";
import { followSeats } from "./live_seats.js";

const NOTICE_MS = 20000;

onElements("form[data-seats]", (form, signal) => {
  const boxes = [...form.querySelectorAll("input[name=seat]")];
  const facts = JSON.parse(form.dataset.seats);
  const prices = new Map();
  for (const [price, values] of Object.entries(facts.others)) for (const value of values) prices.set(value, Number(price));
  const priceOf = (box) => prices.get(box.value) ?? facts.usual;
  const most = Number(form.dataset.most);
  const chosen = () => boxes.filter((box) => box.checked && !box.disabled);
  const placesOf = (box) => box.value.split("-").length;
  const totals = document.querySelectorAll("[data-bar-total]");
  const texts = document.querySelectorAll("[data-bar-text]");
  const foldedMap = document.querySelector("[data-map-fold]");
  let wasFull;

  const show = () => {
    const picked = chosen();
    const words = picked.length ? count(form, picked, placesOf) : "";
    const sum = picked.reduce((all, box) => all + priceOf(box), 0);
    const full = boxes.every((box) => box.disabled);
    const none = (element) => (full ? element.dataset.full : element.dataset.none) ?? "";
    for (const element of totals) element.textContent = picked.length ? money(sum) : none(element);
    for (const element of texts) element.textContent = words || none(element);
    if (full !== wasFull) showAction(full);
    wasFull = full;
    for (const button of document.querySelectorAll("[data-bar-action]")) button.toggleAttribute("data-idle", !picked.length);
    lines(form, picked, priceOf);
  };

  // Switch the page's action when the last seat is taken or one becomes free.
  const showAction = (full) => {
    if (form.dataset.own) return; // a customer who changes seats still has the old ones
    for (const element of document.querySelectorAll("[data-when-full]")) element.hidden = !full;
    for (const element of document.querySelectorAll("[data-when-free]")) element.hidden = full;
    if (!full && foldedMap) foldedMap.open = true;
  };

  form.addEventListener("change", (event) => {
    const box = event.target;
    const places = chosen().reduce((all, one) => all + placesOf(one), 0);
    if (box.checked && places > most) {
      box.checked = false;
      warn(form.dataset.sayMost);
    } else {
      warn("");
    }
    closeSheet();
    show();
  }, { signal });

  const warn = (text) => {
    const notice = document.querySelector("[data-lost-notice]");
    notice.querySelector("span").textContent = text;
    notice.hidden = !text;
    clearTimeout(notice.timer);
    if (text) notice.timer = setTimeout(() => { notice.hidden = true; }, NOTICE_MS);
  };

  arrows(form, boxes, signal);
  followSeats(form, boxes, signal, {
    label: (box, free) => fill(free ? form.dataset.sayFree : form.dataset.sayTaken, { seat: seatLabel(form, box), price: money(priceOf(box)) }),
    lost: (taken) => warn(lostText(form, taken.map(nameOf), chosen().map(nameOf))),
    changed: (free) => {
      showFree(free);
      show();
      form.querySelector("[data-hall], .by-row")?.dispatchEvent(new Event("seats:changed"));
    },
  });
  // The browser may restore earlier ticks (back button, reload).
  addEventListener("pageshow", show, { signal });
  show();
});

onElements("[data-best]", (form, signal) => {
  const button = form.querySelector("[data-best-button]");
  const input = form.querySelector("input[name=quantity]");
  if (!button) return;
  const show = () => {
    const many = Number(input.value) > 1;
    button.textContent = many ? fill(button.dataset.many, { n: input.value }) : button.dataset.one;
  };
  form.addEventListener("input", show, { signal });
  form.addEventListener("change", show, { signal });
  show();
});

// Focus the question's button, but scroll to the seats that the question is about.
onElements("[data-asked]", (button) => {
  document.querySelector(".map .lost, .map :checked")?.scrollIntoView({ block: "center", inline: "center" });
  button.focus({ preventScroll: true });
});

onElements("[data-close-sheet]", (link, signal) => {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    closeSheet();
    document.querySelector("form[data-seats] input:not(:disabled)[tabindex='0']")?.focus();
  }, { signal });
});

function closeSheet() {
  document.getElementById("sheet")?.remove();
}

function count(form, picked, placesOf) {
  const places = picked.reduce((all, box) => all + placesOf(box), 0);
  const names = picked.map(nameOf).join(", ");
  return fill(places === 1 ? form.dataset.sayOne : form.dataset.sayMany, { n: places, seats: names });
}

function lines(form, picked, priceOf) {
  const list = document.querySelector("[data-seat-lines]");
  const template = document.querySelector("template[data-seat-line]");
  if (!list || !template) return;
  const focused = list.contains(document.activeElement);
  list.replaceChildren(...picked.map((box) => {
    const line = template.content.cloneNode(true);
    const [words, cost] = line.querySelectorAll("span");
    line.querySelector("b").textContent = box.dataset.s ?? box.id;
    words.textContent = [placeOf(form, box), kindOf(form, box, ["w", "c", "l", "b"])].filter(Boolean).join(" · ");
    cost.textContent = money(priceOf(box));
    const button = line.querySelector("button");
    button.setAttribute("aria-label", fill(form.dataset.sayRemove, { seat: spokenName(box) }));
    button.addEventListener("click", () => box.click());
    return line;
  }));
  if (focused) (list.querySelector("button") ?? document.querySelector(".panel [data-bar-action]"))?.focus();
}

function showFree(free) {
  for (const element of document.querySelectorAll("[data-free] b")) element.textContent = free;
}

// "F7", or "Balcão 1-5" in an auditorium with sections; the spoken name is "Fila 11, lugar 1".
const nameOf = (box) => box.dataset.name ?? box.id;
const spokenName = (box) => box.dataset.heard ?? nameOf(box);

// "Fila F, lugar 7", or "Balcão, fila 1, lugar 5".
function placeOf(form, box) {
  const words = fill(form.dataset.sayLine, { row: box.closest("[data-row]").dataset.row, number: box.dataset.n });
  const section = box.dataset.s ? nameOf(box).slice(0, -box.dataset.s.length).trim() : "";
  return section ? `${section}, ${words[0].toLowerCase()}${words.slice(1)}` : words;
}

const kindOf = (form, box, letters) => JSON.parse(form.dataset.kinds)[letters.find((letter) => box.classList.contains(letter))];
const seatLabel = (form, box) => [spokenName(box), kindOf(form, box, ["w", "c", "l", "b", "v"])].filter(Boolean).join(", ");

// "B2 e B3 acabaram de sair. B4 continua livre.", in the words of the server's own error.
function lostText(form, lost, left) {
  const names = new Intl.ListFormat(document.documentElement.lang, { type: "conjunction" });
  const say = (texts, seats) => fill(JSON.parse(texts)[seats.length > 1 ? 1 : 0], { seats: names.format(seats) });
  return [say(form.dataset.sayGone, lost), left.length ? say(form.dataset.sayStill, left) : ""].join(" ").trim();
}

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

function money(centavos) {
  const [whole, cents] = (centavos / 100).toFixed(2).split(".");
  const portuguese = document.documentElement.lang.startsWith("pt");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, portuguese ? "." : ",");
  return `R$\u00a0${grouped}${portuguese ? "," : "."}${cents}`;
}

// One seat of the map is in the tab order. Arrow keys move from there, across gaps and taken seats; Home and End move
// to the ends of the row. Up from the first row and down from the last one leave the map: a keypad has no Tab.
function arrows(form, boxes, signal) {
  const map = form.querySelector(".map");
  if (!map) return;
  const rows = [...map.querySelectorAll(".row")].map((row) => [...row.querySelectorAll("input")]);
  const middle = (box) => box.offsetLeft + box.offsetWidth / 2;
  const free = (row) => row.filter((box) => !box.disabled);
  const enter = (box) => {
    for (const one of boxes) one.tabIndex = one === box ? 0 : -1;
  };
  const first = () => boxes.find((box) => box.checked && !box.disabled) ?? central(rows, free) ?? boxes[0];
  const nearest = (row, x) => free(row).reduce((best, box) => (!best || Math.abs(middle(box) - x) < Math.abs(middle(best) - x) ? box : best), undefined);

  const target = (box, key) => {
    const at = rows.findIndex((row) => row.includes(box));
    const open = free(rows[at]);
    const place = open.indexOf(box);
    if (key === "ArrowLeft") return open[place - 1];
    if (key === "ArrowRight") return open[place + 1];
    if (key === "Home") return open[0];
    if (key === "End") return open.at(-1);
    const step = key === "ArrowUp" ? -1 : 1;
    for (let next = at + step; rows[next]; next += step) {
      const found = nearest(rows[next], middle(box));
      if (found) return found;
    }
    return undefined;
  };

  map.addEventListener("keydown", (event) => {
    if (!["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return;
    if (event.altKey || event.ctrlKey || event.metaKey || !event.target.matches("input")) return;
    const next = target(event.target, event.key);
    if (!next && ["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    if (next) { enter(next); next.focus(); }
  }, { signal });
  map.addEventListener("focusin", (event) => { if (event.target.matches("input")) enter(event.target); }, { signal });
  // The focus of a seat that is taken moves to its neighbour.
  form.addEventListener("seats:taken", (event) => {
    const box = event.target;
    if (box.tabIndex !== 0) return;
    const row = rows.find((one) => one.includes(box)) ?? [];
    const next = nearest(row, middle(box)) ?? first();
    enter(next);
    if (event.detail.focused) next.focus();
  }, { signal });
  enter(first());
}

function central(rows, free) {
  const row = rows[Math.round((rows.length - 1) * 2 / 3)] ?? [];
  const open = free(row);
  return open[Math.floor(open.length / 2)];
}

