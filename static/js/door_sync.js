// Exchanges data with the server: sends the scans that this device decided, and asks what changed, for as long as the
// page is open. It is how the page notices that the network is gone, or back.
import * as store from "./door_store.js";

const ONLINE_MS = 3000; // a revocation reaches the door within five seconds
const OFFLINE_MS = 2000;
const PATIENCE_MS = 4000;
const SNAPSHOT_MS = 30_000;
const MOST_SCANS = 100;

export class Forgotten extends Error {} // this device may keep nothing any more
class Outdated extends Error {}
class Unavailable extends Error {} // the server cannot serve now; a failure of one address (500) is none of all

export class DoorSync {
  isOnline;
  #addresses;
  #data;
  #lang = document.documentElement.lang;
  #tell;
  #timer;
  #busy;

  /**
   * `addresses`: {snapshot, changes, scans}. `tell`: {network(isOnline), changed(answer), stalled(), back(), forget()};
   * stalled: an exchange brought no data, with or without an answer of the server.
   */
  constructor(addresses, data, tell, isOnline) {
    [this.#addresses, this.#data, this.#tell, this.isOnline] = [addresses, data, tell, isOnline];
  }

  /** Exchanges now, and again and again until `stop`. */
  async now() {
    clearTimeout(this.#timer);
    this.#busy ??= this.#exchange().finally(() => { this.#busy = undefined; });
    await this.#busy;
    clearTimeout(this.#timer);
    if (this.#timer !== null) this.#timer = setTimeout(() => this.now(), this.isOnline ? ONLINE_MS : OFFLINE_MS);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Says that a request of the page found no server. */
  lost() { this.#set(false); }

  async #exchange() {
    try {
      await sendScans(this.#addresses.scans, this.#data).catch(ignoreRefusal);
      const answer = await this.#fetchData();
      if (!this.isOnline) await this.#tell.back();
      this.#set(true);
      this.#tell.changed(answer);
    } catch (error) {
      if (error instanceof Forgotten) {
        this.stop();
        this.#tell.forget();
      } else {
        if (isOfNetwork(error) || error instanceof Unavailable) this.#set(false);
        this.#tell.stalled();
      }
    }
    const changed = this.#data.deleteOldNames();
    if (changed.length) await store.keep({ rooms: changed.map((id) => this.#data.room(id)) }).catch(() => {});
  }

  async #fetchData() {
    const { isUsable, meta } = this.#data;
    if (isUsable && meta.lang === this.#lang) {
      try {
        return await this.#take(`${this.#addresses.changes}?cursor=${encodeURIComponent(meta.cursor)}`, PATIENCE_MS, false);
      } catch (error) {
        if (!(error instanceof Outdated)) throw error;
      }
    }
    return this.#take(this.#addresses.snapshot, SNAPSHOT_MS, true);
  }

  async #take(address, patience, isWhole) {
    const asked = this.#data.now;
    const answer = await ask(address, patience);
    const { changed, covered, gone } = await this.#data.merge(answer, { isWhole, asked, lang: this.#lang });
    const rooms = [...changed].map((id) => this.#data.room(id));
    await store.keep({ meta: this.#data.meta, elsewhere: answer.elsewhere, rooms, covered, gone });
    return answer;
  }

  #set(isOnline) {
    if (isOnline === this.isOnline) return;
    this.isOnline = isOnline;
    this.#tell.network(isOnline);
  }
}

// What fetch throws without an answer, or without one in time.
const isOfNetwork = ({ name }) => ["TypeError", "TimeoutError", "AbortError"].includes(name);

/** Goes on after an answer that took nothing: the scans stay, and the data matters too. */
function ignoreRefusal(error) {
  if (error instanceof Forgotten || isOfNetwork(error)) throw error;
}

/** Sends the scans that the server has not taken yet. Throws when it does not answer. */
export async function sendScans(address, data) {
  for (;;) {
    const scans = (await store.unsent()).slice(0, MOST_SCANS);
    if (!scans.length) return;
    const { results } = await ask(address, PATIENCE_MS, { scans });
    const nonces = new Set(results.map(({ nonce }) => nonce));
    const known = data?.markKnown(nonces) ?? [];
    await store.taken(nonces, known);
    if (!nonces.size) return;
  }
}

async function ask(address, patience, body) {
  const sent = body && { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  const answer = await fetch(address, { ...sent, cache: "no-store", signal: AbortSignal.timeout(patience) });
  if ([401, 410].includes(answer.status)) {
    const { forget } = await answer.json();
    throw forget ? new Forgotten() : new Outdated();
  }
  if (answer.status > 500) throw new Unavailable(`${answer.status}`);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}
