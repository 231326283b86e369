// Shows verdicts that this device found itself: the server's templates, filled with the ticket's facts.
import { clock, clockNear, duration, fillSlots } from "./door_words.js";

const WORST = ["refused", "elsewhere", "already", "in"];
const LENGTHS = [[14, "longest"], [10, "longer"], [8, "long"]]; // letters in the longest line of a title → its class

export class VerdictView {
  #box;
  #data;
  #phrases;

  constructor(box, data, phrases) {
    [this.#box, this.#data, this.#phrases] = [box, data, phrases];
  }

  /** The verdict on several answers of `decide` as an element: the worst one, and the others named below it. */
  verdict(answers, place) {
    const made = answers.map((answer) => this.#element(answer, place));
    made.sort((one, other) => WORST.indexOf(one.dataset.verdict) - WORST.indexOf(other.dataset.verdict));
    const [first, ...others] = made;
    if (others.length) {
      const facts = first.querySelector(".verdict-facts");
      for (const text of [this.#phrases.say("tried", { num: made.length }), ...others.map(summary)]) facts.append(line(text));
    }
    return first;
  }

  /** The page waits for a ticket. */
  waiting() { return this.#clone("[data-waiting]"); }

  #element(answer, place) {
    const element = this.#clone(`[data-verdict-of="${templateOf(answer, place, this.#data)}"]`);
    fillSlots(element, this.#slots(answer));
    const title = element.querySelector("h1");
    const width = Math.max(...title.textContent.trim().split("\n").map(({ length }) => length));
    title.className = LENGTHS.find(([least]) => width > least)?.[1] ?? "";
    const rule = this.#box.querySelector(`template[data-age="${answer.screening?.age}"]`);
    if (element.dataset.verdict === "in" && rule) element.querySelector(".verdict-facts").append(rule.content.cloneNode(true));
    return element;
  }

  #clone(selector) {
    return this.#box.querySelector(`template${selector}`).content.firstElementChild.cloneNode(true);
  }

  #slots({ verdict, ticket, screening: here, elsewhere, payload, own }) {
    const screening = here ?? elsewhere;
    const { now, zone, meta } = this.#data;
    const time = (moment) => (moment ? clock(new Date(moment), zone) : "");
    const type = ticket ? { name: ticket.type, proof: ticket.proof } : this.#data.typeOf(payload?.proof);
    const at = own?.at ?? ticket?.at ?? 0;
    const minutes = Math.max(0, Math.floor((now - at) / 60_000));
    return {
      seat: ticket?.seat,
      place: ticket?.place,
      order: ticket?.order,
      room: screening?.auditorium,
      film: screening?.title,
      starts: screening?.time,
      opens: here && clockNear(here, here.opens),
      ends: here && clockNear(here, here.ends),
      cinema: elsewhere?.cinema,
      address: elsewhere?.address,
      day_short: elsewhere?.short,
      weekday: elsewhere?.weekday,
      day: elsewhere?.long,
      on_day: elsewhere && elsewhere.day !== meta.day ? elsewhere.on_day : "",
      type: type?.proof ? type.name : "",
      proof: type?.proof,
      type_line: type && !type.proof ? this.#phrases.say("no_document", { type: type.name }) : "",
      people: ticket && this.#people(ticket),
      note: verdict === "readmitted" ? this.#phrases.say("back") : "",
      at: time(at),
      gate: own?.gate ?? ticket?.gate,
      ago: minutes ? this.#phrases.say("ago", { duration: duration(minutes) }) : this.#phrases.say("just_now"),
      data: time(meta.synced),
    };
  }

  /** How many people of the order are still to come. */
  #people({ screening, order }) {
    const states = this.#data.tickets(screening).filter((one) => one.order === order).map((one) => this.#data.stateOf(one));
    const size = states.filter((state) => state !== "r").length;
    const left = states.filter((state) => state === "v").length;
    if (size < 2) return this.#phrases.say("one_person");
    return left ? this.#phrases.count("order_left", left) : this.#phrases.say("order_all_in", { num: size });
  }
}

/** The name of the template for an answer. */
function templateOf({ verdict, ticket, screening }, place, data) {
  if (["admitted", "readmitted"].includes(verdict)) return ticket ? "admitted" : "new_ticket";
  const here = data.screening(place.screening);
  return verdict === "other_screening" && here?.auditorium === screening.auditorium ? "other_time" : verdict;
}

function summary(element) {
  const parts = ["h1", ".seat b"].map((part) => element.querySelector(part)?.textContent.trim().replace(/\s+/g, " "));
  return parts.filter(Boolean).join(" · ");
}

function line(text) {
  const paragraph = document.createElement("p");
  paragraph.className = "more";
  paragraph.textContent = text;
  return paragraph;
}
