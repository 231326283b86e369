// The place of a door without network: a screening, or the whole site. When a screening is over, the next one in its
// auditorium follows, as on the server.

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
