// Words with slots, such as `{seat}`: the server renders them in the page's language, and the page fills them.

/** The text with each `{slot}` replaced by its value; a slot without a value becomes empty. */
export const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

/** Fills the slots in all texts below `root`, and removes the elements that become empty by it. */
export function fillSlots(root, values) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) if (walker.currentNode.data.includes("{")) texts.push(walker.currentNode);
  for (const text of texts) text.data = filled(text.data, values);
  for (const text of texts) {
    let element = text.parentElement;
    while (element && element !== root && !element.textContent.trim()) {
      const parent = element.parentElement;
      element.remove();
      element = parent;
    }
  }
}

/** The phrases of the page: `say("in_at", { time })`, and `count("sold", 3)` for those with a number. */
export class Phrases {
  #phrases;

  constructor(json) { this.#phrases = JSON.parse(json); }

  has(name) { return name in this.#phrases; }
  say(name, values = {}) { return filled(this.#phrases[name] ?? "", values); }
  count(name, num) { return this.say(`${name}_${num === 1 ? "one" : "many"}`, { num }); }
}

const isPortuguese = () => document.documentElement.lang.startsWith("pt");

/** A moment's time of day at the cinema: `20h30` or `8:30 pm`. */
export function clock(moment, zone) {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "numeric", minute: "2-digit", hour12: false });
  const { hour, minute } = Object.fromEntries(parts.formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
  return timeOfDay(hour * 60 + minute);
}

/** The time of day of a moment near a screening, by the time of its start that was sold (`time`). */
export function clockNear({ time, starts }, moment) {
  const [, hour, minute, half] = time.match(/(\d+)\D(\d+)(?: (am|pm))?/);
  const hours = half ? (hour % 12) + (half === "pm" ? 12 : 0) : Number(hour);
  return timeOfDay(hours * 60 + Number(minute) + Math.round((Date.parse(moment) - Date.parse(starts)) / 60_000));
}

function timeOfDay(minutes) {
  const [hours, rest] = [Math.floor(minutes / 60 + 48) % 24, String((minutes + 2880) % 60).padStart(2, "0")];
  return isPortuguese() ? `${hours}h${rest}` : `${hours % 12 || 12}:${rest} ${hours < 12 ? "am" : "pm"}`;
}

/** Minutes as `2h33` or `2 h 33 min`, and `14 min`. */
export function duration(minutes) {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (!hours) return `${rest} min`;
  if (isPortuguese()) return `${hours}h${String(rest).padStart(2, "0")}`;
  return rest ? `${hours}\u00a0h\u00a0${rest}\u00a0min` : `${hours}\u00a0h`;
}
