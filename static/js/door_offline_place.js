// The place of a door without network: a screening, or the whole site. When a screening is over, the next one in its
// auditorium follows, as on the server.
const PATIENCE_MS = 4000;

/** The place: {screening} or {site}, ids; {} without any. */
export function currentPlace(form, data) {
  const [kind, number] = (form.elements.place?.value ?? "").split("-");
  if (kind === "cinema") return { site: Number(number) };
  if (kind !== "screening") return {};
  const chosen = data.screening(Number(number));
  if (!chosen || isCurrent(chosen, data)) return { screening: Number(number) };
  const next = current(data).find(({ auditorium }) => auditorium === chosen.auditorium);
  return next ? { screening: next.id } : { site: data.site };
}

/** Shows the place in the page's upper edge. */
export function showPlace(place, data, phrases, gate) {
  const screening = data.screening(place.screening);
  const where = screening ? [screening.auditorium, screening.time] : [phrases.say("all_rooms")];
  document.getElementById("_place").textContent = [gate, ...where].join(" · ");
}

/** Names the gate for the next scans; the server takes it from the form, as it does the place. */
export function nameGate(form, name) {
  const field = form.elements.gate ?? document.createElement("input");
  Object.assign(field, { type: "hidden", name: "gate", value: name });
  form.append(field);
}

/** Takes a place that was chosen without network, {value, gate}, into the forms of a page that does not have it. */
export function takePlace({ value, gate }, form) {
  if (form.elements.place) form.elements.place.value = value;
  if (gate) nameGate(form, gate);
  const { elements } = document.querySelector("form[data-standing]");
  elements.gate.value = gate || elements.gate.value;
  if (![...elements.place.options].some((option) => option.value === value)) elements.place.append(new Option("", value));
  elements.place.value = value;
}

/** Tells the server the place, {value, gate}. A place that it refuses is over: it keeps the one that it has. */
export async function tellPlace({ value, gate }) {
  const { action, elements } = document.querySelector("form[data-standing]");
  const body = new URLSearchParams({ csrf_token: elements.csrf_token.value, place: value, gate });
  const answer = await fetch(action, { method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) });
  if (answer.status >= 500) throw new Error("no place");
}

/** The form of the place, while the server does not answer: `door` has isOffline() and moved(value, gate). */
export function placeForm(data, phrases, door, signal) {
  const form = document.querySelector("form[data-standing]");
  const select = form.elements.place;
  form.closest("details").addEventListener("toggle", () => {
    if (!door.isOffline()) return;
    const before = select.value;
    select.replaceChildren(
      new Option(phrases.say("all_rooms"), `cinema-${data.site}`),
      ...current(data).map(({ id, time, auditorium, title }) =>
        new Option([time, auditorium, title].join(" · "), `screening-${id}`)),
    );
    select.value = before;
    if (select.selectedIndex < 0) select.selectedIndex = 0;
  }, { signal });
  form.addEventListener("submit", (event) => {
    if (!door.isOffline()) return;
    event.preventDefault();
    form.closest("details").open = false;
    door.moved(select.value, form.elements.gate.value.trim());
  }, { signal });
}

const isCurrent = ({ ends, called_off: off }, data) => !off && Date.parse(ends) > data.now;
const current = (data) => data.screenings().filter((one) => isCurrent(one, data))
  .sort((one, other) => Date.parse(one.starts) - Date.parse(other.starts) || one.id - other.id);
