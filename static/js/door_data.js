// What the door knows without a server: screenings, tickets, keys and its own admissions, in memory. door_store.js keeps
// the same on the device. `merge` reads the server's answers (/staff/offline/snapshot and /staff/offline/changes).
import { publicKey } from "./door_qr.js";

export class DoorData {
  keys = new Map(); // key id → {key: CryptoKey, blocked}
  layouts;
  /** About the last answer: cursor, lang, zone, site, day, account, gate, keys, types, offset, synced (server's, ms). */
  meta = {};
  #rooms = new Map(); // screening id → {screening, tickets: Map of id → ticket}
  #screeningOf = new Map(); // ticket id → screening id
  #idOfCode = new Map();
  #elsewhere = new Map(); // screening id → what other_day and other_cinema show of it
  #admissions = new Map(); // ticket id → {ticket, at, gate, nonce, isKnown}

  constructor(layouts) {
    this.layouts = layouts;
  }

  get isUsable() { return this.meta.cursor !== undefined; }
  get site() { return this.meta.site; }
  get zone() { return this.meta.zone; }
  /** The server's time now, in milliseconds, by this device's clock. */
  get now() { return Date.now() + (this.meta.offset ?? 0); }

  screening(id) { return this.#rooms.get(id)?.screening; }
  screenings() { return [...this.#rooms.values()].map(({ screening }) => screening); }
  /** A screening of another day or site: {site, cinema, address, day, title, auditorium, time, …}. */
  elsewhere(id) { return this.#elsewhere.get(id); }
  ticket(id) { return this.#rooms.get(this.#screeningOf.get(id))?.tickets.get(id); }
  ticketOfCode(code) { return this.ticket(this.#idOfCode.get(code)); }
  tickets(screening) { return [...this.#rooms.get(screening)?.tickets.values() ?? []]; }
  admission(id) { return this.#admissions.get(id); }
  addAdmission(admission) { this.#admissions.set(admission.ticket, admission); }
  /** Marks the own admissions of these scans as known to the server; returns them. */
  markKnown(nonces) {
    const known = [...this.#admissions.values()].filter(({ nonce }) => nonces.has(nonce));
    for (const one of known) one.isKnown = true;
    return known;
  }
  /** The ticket type of a QR code's number of proof. */
  typeOf(proof) { return this.meta.types.find(({ proof_number: number }) => number === proof); }
  /** The state with this device's own admissions: v(alid), a(dmitted), o(utside), r(evoked). */
  stateOf({ id, state }) { return this.#admissions.has(id) ? "a" : state; }

  /** Takes what the store has. */
  async restore({ meta, rooms, admissions, elsewhere }) {
    this.meta = meta;
    this.#takeElsewhere(elsewhere);
    for (const { screening, tickets } of rooms) this.#place(screening, tickets);
    for (const one of admissions) this.addAdmission(one);
    await this.#readKeys();
  }

  /**
   * Takes an answer of the server; `isWhole` for a snapshot, which replaces all. `asked` is when it was asked for, in the
   * server's time. Returns the ids of the screenings that changed and of the own admissions that the answer now covers.
   */
  async merge(answer, { isWhole, asked, lang }) {
    if (isWhole) this.#takeElsewhere(answer.elsewhere);
    const current = new Set(answer.screenings.map(({ id }) => id));
    const gone = [...this.#rooms.keys()].filter((id) => !current.has(id));
    if (isWhole) for (const index of [this.#rooms, this.#screeningOf, this.#idOfCode]) index.clear();
    for (const id of gone) this.#rooms.delete(id);
    const changed = new Set();
    for (const screening of answer.screenings) {
      if (isWhole || JSON.stringify(screening) !== JSON.stringify(this.screening(screening.id))) changed.add(screening.id);
      this.#place(screening, []);
    }
    const covered = [];
    for (const row of answer.tickets) {
      const ticket = ticketOf(row, answer);
      this.#place(this.screening(ticket.screening), [ticket]);
      changed.add(ticket.screening);
      const own = this.admission(ticket.id);
      if (own?.isKnown && own.at < asked) covered.push(ticket.id);
    }
    for (const id of covered) this.#admissions.delete(id);
    const { cursor, zone, site, day, account, gate, keys, types } = answer;
    const synced = Date.parse(answer.now);
    this.meta = { cursor, zone, site, day, account, gate, keys, types, lang, synced, offset: synced - Date.now() };
    await this.#readKeys();
    return { changed, covered, gone };
  }

  /** Deletes the names of guests whose screening is over. Returns the ids of the screenings that changed. */
  deleteOldNames() {
    const changed = [];
    for (const [id, { screening, tickets }] of this.#rooms) {
      if (Date.parse(screening.ends) > this.now) continue;
      const named = [...tickets.values()].filter(({ name }) => name);
      for (const ticket of named) ticket.name = "";
      if (named.length) changed.push(id);
    }
    return changed;
  }

  /** The record of a screening for the store. */
  room(id) {
    return { id, screening: this.screening(id), tickets: this.tickets(id) };
  }

  #takeElsewhere({ sites, days, screenings } = { screenings: [] }) {
    this.#elsewhere = new Map(screenings.map(([id, site, day, title, auditorium, time]) => {
      const { id: siteId, name, address } = sites[site];
      return [id, { site: siteId, cinema: name, address, ...days[day], title, auditorium, time }];
    }));
  }

  #place(screening, tickets) {
    const room = this.#rooms.get(screening.id) ?? { tickets: new Map() };
    room.screening = screening;
    this.#rooms.set(screening.id, room);
    for (const ticket of tickets) {
      room.tickets.set(ticket.id, ticket);
      this.#screeningOf.set(ticket.id, screening.id);
      this.#idOfCode.set(ticket.code, ticket.id);
    }
  }

  async #readKeys() {
    const read = (this.meta.keys ?? []).map(async (one) => [one.kid, { key: await publicKey(one.public), blocked: one.blocked }]);
    this.keys = new Map(await Promise.all(read));
  }
}

function ticketOf(row, { types, orders }) {
  const [id, screening, seat, place, type, order, code, kid, revision, state, at, gate] = row;
  return {
    id, screening, seat, place, code, kid, revision, state, gate,
    at: at * 1000,
    type: types[type].name,
    proof: types[type].proof,
    order: orders[order].code,
    name: orders[order].name,
  };
}
