// What the door says about its network: the strip, the counters from its own data, and the conflicts that both doors see.
import { clock } from "./door_words.js";

const STALE_MS = 600_000;
const SEEN = "door-conflicts-seen";
const MOST_SEEN = 200;

export class Notices {
  #box;
  #data;
  #phrases;
  #shown = new Set();

  constructor(box, data, phrases) {
    [this.#box, this.#data, this.#phrases] = [box, data, phrases];
  }

  /** Shows whether there is a network, how old the data is, and how many scans are still to send. */
  show(isOnline, unsent) {
    const { isUsable, meta, now, zone } = this.#data;
    const isStale = isUsable && now - meta.synced > STALE_MS;
    const strip = this.#box.querySelector("[data-offline-strip]");
    const time = isUsable ? clock(new Date(meta.synced), zone) : "—";
    const phrase = isOnline ? isStale && "stale" : isStale ? "no_network_long" : "no_network";
    const parts = phrase ? [this.#phrases.say(phrase, { time })] : [];
    if (phrase && unsent) parts.push(this.#phrases.count("unsent", unsent));
    const words = parts.join(" · ");
    if (strip.textContent !== words) strip.textContent = words;
    this.#box.toggleAttribute("data-stale", isStale);
    document.documentElement.dataset.network = isOnline ? "on" : "off";
  }

  /** Shows the counters that the server shows otherwise. */
  counters({ sold, inside, outside, missing }) {
    const say = this.#phrases;
    const parts = [[inside, say.say("in")], [missing, say.count("to_come", missing)]];
    if (outside) parts.push([outside, say.say("outside")]);
    parts.push([sold, say.count("sold", sold)]);
    const made = parts.map(([number, word]) => {
      const [part, bold] = [document.createElement("span"), document.createElement("b")];
      bold.textContent = number;
      part.append(bold, ` ${word}`);
      return part;
    });
    made.at(-1).className = "sold";
    document.getElementById("_counters").replaceChildren(...made);
  }

  /** Shows conflicts that staff have not seen yet, each until they say so. */
  addConflicts(conflicts) {
    const list = this.#box.querySelector("[data-offline-conflicts]");
    for (const conflict of conflicts) {
      if (this.#shown.has(conflict.id) || seen().includes(conflict.id)) continue;
      this.#shown.add(conflict.id);
      const item = this.#box.querySelector("template[data-conflict]").content.firstElementChild.cloneNode(true);
      item.querySelector("span").textContent = this.#sentence(conflict);
      item.querySelector("button").addEventListener("click", () => {
        localStorage.setItem(SEEN, JSON.stringify([...seen(), conflict.id].slice(-MOST_SEEN)));
        item.remove();
      });
      list.append(item);
    }
  }

  #sentence({ reason, seat, at, gates }) {
    const [first, time] = at.map((moment) => (moment ? clock(new Date(moment), this.#data.zone) : ""));
    const name = `conflict_${reason}`;
    return this.#phrases.say(this.#phrases.has(name) ? name : "conflict_other", {
      seat, first, time, gate_1: gates[0], gate: gates[1],
    });
  }
}

const seen = () => {
  try {
    return JSON.parse(localStorage.getItem(SEEN)) ?? [];
  } catch {
    return [];
  }
};
