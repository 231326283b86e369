// The guest list from the data on this device: search by name, seat and code, counters by type, and letting in.
import { onScan } from "./scanner.js";
import { clock } from "./door_words.js";

const folded = (text) => text.normalize("NFKD").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

/**
 * The list as an element that replaces the verdict. `scan(code, screening)` tries a ticket. It shows the screening
 * where the door stands first.
 */
export function guestList(box, { data, phrases, here, scan }) {
  const element = box.querySelector("template[data-guests]").content.firstElementChild.cloneNode(true);
  const [choice, query] = ["#guest-screening", "#guest-query"].map((part) => element.querySelector(part));
  const current = data.screenings().filter(({ ends }) => Date.parse(ends) > data.now);
  choice.append(...current.map(({ id, time, auditorium, title }) =>
    new Option(`${time} · ${auditorium} · ${title}`, id, id === here, id === here)));

  const show = () => {
    const tickets = data.tickets(Number(choice.value)).filter((one) => data.stateOf(one) !== "r").sort(bySeat);
    const words = query.value.split(/\s+/).map(folded);
    const found = tickets.filter((one) => words.every((word) => fits(one, word)));
    element.querySelector("tbody").replaceChildren(...counterRows(box, tickets, data));
    element.querySelector("[data-guest-count]").textContent = query.value ? phrases.count("found", found.length) : "";
    element.querySelector(".guest-rows").replaceChildren(...found.map((one) => guestRow(box, one, data, phrases, scan)));
  };
  choice.addEventListener("change", show);
  query.addEventListener("input", show);
  const form = element.querySelector("form");
  form.addEventListener("submit", (event) => event.preventDefault());
  onScan(form, (code) => scan(code, undefined));
  show();
  return element;
}

/** The numbers of people for the counters: {sold, inside, outside, missing}. */
export function counted(tickets, data) {
  const states = tickets.map((one) => data.stateOf(one)).filter((state) => state !== "r");
  const count = (wanted) => states.filter((state) => state === wanted).length;
  return { sold: states.length, inside: count("a"), outside: count("o"), missing: count("v") };
}

function counterRows(box, tickets, data) {
  const types = grouped(tickets);
  const rows = [...types].sort(([, one], [, other]) => other.length - one.length);
  const all = box.querySelector("template[data-guest-total]").content.textContent;
  return [...rows, [all, tickets]].map(([name, of]) => {
    const { sold, inside, missing } = counted(of, data);
    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = name;
    row.append(head, ...[sold, inside, missing].map((number) => {
      const cell = document.createElement("td");
      cell.className = "number";
      cell.textContent = number;
      return cell;
    }));
    return row;
  });
}

function grouped(tickets) {
  const types = new Map();
  for (const one of tickets) types.set(one.type, [...types.get(one.type) ?? [], one]);
  return types;
}

function guestRow(box, ticket, data, phrases, scan) {
  const row = box.querySelector("template[data-guest]").content.firstElementChild.cloneNode(true);
  const own = data.admission(ticket.id);
  row.querySelector("b").textContent = ticket.seat;
  row.querySelector("span > span").textContent = ticket.name || ticket.order;
  row.querySelector(".soft").textContent = [ticket.type, ticket.name && ticket.order].filter(Boolean).join(" · ");
  const [state, button] = [row.querySelector(".guest-state"), row.querySelector("button")];
  if (data.stateOf(ticket) === "a") {
    button.remove();
    state.textContent = phrases.say("in_at", { time: clock(new Date(own?.at ?? ticket.at), data.zone) });
  } else {
    state.remove();
    button.setAttribute("aria-label", `${button.textContent} ${ticket.seat}`);
    button.addEventListener("click", () => scan(ticket.code, ticket.screening));
  }
  return row;
}

const LEAST_OF_CODE = 4; // as in app/door/guests.py: F8 is a seat, and stands in the codes of others by chance
const fits = ({ name, seat, code, order }, word) =>
  [name, seat, ...(word.length < LEAST_OF_CODE ? [] : [code, order])].some((text) => folded(text).includes(word));

/** Row and number: rows of one letter come before those of two, and 10 comes after 9. */
function bySeat(one, other) {
  const key = ({ seat }) => [seat.replace(/\d.*/, ""), Number(seat.replace(/\D/g, ""))];
  const [[row, number], [otherRow, otherNumber]] = [key(one), key(other)];
  return row.length - otherRow.length || row.localeCompare(otherRow) || number - otherNumber;
}
