// The scan page of a device that works without network. While the server answers, it decides, and this device only
// takes part in its data. A scan that gets no answer in time is decided here; it keeps the number (nonce) that
// the server may have seen, so that it counts once. Nothing is green before it is on the disk.
import { announce, onElements } from "./behaviour.js";
import { DoorData } from "./door_data.js";
import { counted, guestList } from "./door_guest_list.js";
import { forgetAll, keepPage } from "./door_kept_page.js";
import { Notices } from "./door_notices.js";
import { currentPlace, placeForm, showPlace, takePlace, tellPlace } from "./door_offline_place.js";
import { watchScans } from "./door_offline_requests.js";
import { tryAll } from "./door_offline_tries.js";
import { ticketIdOf } from "./door_offline_verdict.js";
import { fetchTokens } from "./door_shell.js";
import * as store from "./door_store.js";
import { DoorSync, sendScans } from "./door_sync.js";
import { VerdictView } from "./door_verdict_view.js";
import { Phrases } from "./door_words.js";

const GUESTS = "/staff/guests";

onElements('[data-offline="on"]', (box, signal) => {
  const door = new OfflineDoor(box, document.querySelector("form[data-scan]"));
  door.watch(signal);
  door.start();
  signal.addEventListener("abort", () => door.sync.stop());
});

class OfflineDoor {
  sync;
  #box;
  #form;
  #phrases;
  #data;
  #view;
  #notices;
  #movedTo; // the place that was chosen without network, {value, gate}, until the server knows it
  #deciding; // the scans of this device, one after another

  constructor(box, form) {
    [this.#box, this.#form, this.#phrases] = [box, form, new Phrases(box.dataset.phrases)];
    this.#data = new DoorData(JSON.parse(box.dataset.layouts));
    this.#view = new VerdictView(box, this.#data, this.#phrases);
    this.#notices = new Notices(box, this.#data, this.#phrases);
    this.sync = new DoorSync(box.dataset, this.#data, this.#heard(), box.dataset.shell !== "yes" && navigator.onLine);
  }

  /** Reads what the device has, and exchanges data from now on. */
  start() {
    this.#deciding = this.#restore().finally(() => document.dispatchEvent(new CustomEvent("door:restored")));
  }

  /** Listens to the page. */
  watch(signal) {
    watchScans(this.#form, {
      patience: () => this.#box.dataset.patience,
      isOnline: () => this.sync.isOnline,
      isUsable: () => this.#data.isUsable,
      lost: () => this.sync.lost(),
      answer: (scan) => this.#answer(scan),
      wait: () => this.#show(this.#view.waiting()),
      decided: (scan) => this.#learn(scan),
    }, signal);
    placeForm(this.#data, this.#phrases, {
      isOffline: () => !this.sync.isOnline && this.#data.isUsable,
      moved: (value, gate) => this.#move(value, gate),
    }, signal);
    document.addEventListener("click", (event) => {
      if (this.sync.isOnline || !event.target.closest?.(".guests-link a")) return;
      event.preventDefault();
      this.#showGuests();
    }, { signal });
    addEventListener("offline", () => { if (this.#data.isUsable) this.sync.lost(); }, { signal });
    addEventListener("online", () => this.sync.now(), { signal });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.sync.now(); }, { signal });
    document.querySelector("[data-offline-removal]")?.addEventListener("submit", async (event) => {
      event.preventDefault();
      await sendScans(this.#box.dataset.scans, this.#data).catch(() => {});
      event.target.submit();
    }, { signal });
  }

  /** What the exchange with the server finds out. */
  #heard() {
    const { dataset } = this.#box;
    return {
      network: (isOnline) => {
        this.#showNetwork();
        if (isOnline) announce(this.#phrases.say("is_back"));
        else this.#showCounters();
      },
      changed: async ({ conflicts }) => {
        this.#notices.addConflicts(conflicts ?? []);
        this.#showNetwork();
        if (!dataset.kept) dataset.kept = await keepPage(dataset);
      },
      stalled: () => this.#showNetwork(),
      back: async () => {
        if (dataset.shell === "yes") {
          await fetchTokens(this.#form.dataset.scan);
          dataset.shell = "no";
        }
        await this.#tellPlace();
      },
      forget: async () => {
        await sendScans(dataset.scans).catch(() => {});
        await forgetAll();
        location.assign(this.#form.dataset.scan);
      },
    };
  }

  async #restore() {
    const { place, ...kept } = await store.read();
    await this.#data.restore(kept);
    await this.#showNetwork();
    this.#movedTo = place;
    if (place) takePlace(place, this.#form);
    if (place && this.sync.isOnline) await this.#tellPlace().catch(() => this.sync.lost());
    if (!this.sync.isOnline) {
      this.#showPlace();
      this.#showCounters();
      if (location.pathname === GUESTS) this.#showGuests();
    }
    this.sync.now();
  }

  get #place() { return currentPlace(this.#form, this.#data); }
  get #gate() { return this.#form.elements.gate?.value ?? this.#box.dataset.gate; }

  /** Decides a scan, {text, nonce}, here and shows the verdict. `place` is another one than where the device stands. */
  #answer(scan, place) {
    this.#deciding = this.#deciding.then(async () => {
      const where = place ?? this.#place;
      this.#show(this.#view.verdict(await tryAll(scan, this.#data, where, this.#gate), where));
    }).catch(() => this.#form.dispatchEvent(new CustomEvent("door:no-answer")));
  }

  /** Records what the server let in at this device, in case the network goes before the next exchange. */
  async #learn({ text, nonce }) {
    if (document.getElementById("_verdict").dataset.verdict !== "in") return;
    const ticket = await ticketIdOf(text, this.#data);
    if (!ticket) return;
    const admission = { ticket, at: this.#data.now, gate: this.#gate, nonce, isKnown: true };
    this.#data.addAdmission(admission);
    await store.recordKnown(admission).catch(() => {});
  }

  /** Stands at another place from now on; the device keeps it until the server knows it. */
  async #move(value, gate) {
    this.#movedTo = { value, gate };
    takePlace(this.#movedTo, this.#form);
    this.#showPlace();
    this.#show(this.#view.waiting());
    await store.keepPlace(this.#movedTo).catch(() => {});
  }

  /** Tells the server where the device stands, if that was chosen without network. Throws without an answer. */
  async #tellPlace() {
    if (!this.#movedTo) return;
    await tellPlace(this.#movedTo);
    this.#movedTo = undefined;
    await store.keepPlace(undefined);
  }

  /** Replaces the verdict by an element that is made here. */
  #show(element) {
    const place = this.#form.elements.place?.value ?? "";
    for (const field of element.querySelectorAll("input[name=place]")) field.value = place;
    for (const field of element.querySelectorAll("input[name=once]")) field.value = crypto.randomUUID();
    document.getElementById("_verdict").replaceWith(element);
    const next = element.dataset.verdict ? [this.#nextButton()] : [];
    document.getElementById("_actions").replaceChildren(...next);
    this.#showCounters();
    this.#showNetwork();
    this.#form.dispatchEvent(new CustomEvent("door:shown"));
  }

  #nextButton() {
    const button = this.#box.querySelector("template[data-next]").content.firstElementChild.cloneNode(true);
    button.addEventListener("click", () => this.#show(this.#view.waiting()));
    return button;
  }

  #showGuests() {
    this.#show(guestList(this.#box, {
      data: this.#data,
      phrases: this.#phrases,
      here: this.#place.screening,
      scan: (text, screening) => this.#answer({ text, nonce: crypto.randomUUID() }, screening && { screening }),
    }));
  }

  #showPlace() { showPlace(this.#place, this.#data, this.#phrases, this.#gate); }

  async #showNetwork() { this.#notices.show(this.sync.isOnline, (await store.unsent()).length); }

  /** Shows the counters without the server: of the screening, or of all that admit now. */
  #showCounters() {
    const [data, { screening }] = [this.#data, this.#place];
    if (this.sync.isOnline || !data.isUsable) return;
    const isOpen = ({ opens, ends }) => Date.parse(opens) <= data.now && data.now <= Date.parse(ends);
    const ids = screening ? [screening] : data.screenings().filter(isOpen).map(({ id }) => id);
    this.#notices.counters(counted(ids.flatMap((id) => data.tickets(id)), data));
  }
}
