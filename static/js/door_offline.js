// The scan page of a device that works without network. While the server answers, it decides, and this device only
// takes part in its data. A scan that gets no answer within a second is decided here; it keeps the number (nonce) that
// the server may have seen, so that it counts once. Nothing is green before it is on the disk.
import { announce, onElements } from "./behaviour.js";
import { DoorData } from "./door_data.js";
import { forgetAll, keepPage } from "./door_kept_page.js";
import { Notices } from "./door_notices.js";
import { decide, ticketIdOf } from "./door_offline_verdict.js";
import { counted, guestList } from "./door_guest_list.js";
import { currentPlace, nameGate, placeForm, showPlace } from "./door_offline_place.js";
import * as store from "./door_store.js";
import { DoorSync, sendScans } from "./door_sync.js";
import { VerdictView } from "./door_verdict_view.js";
import { Phrases } from "./door_words.js";

const PATIENCE = "1s"; // for the server's verdict

onElements('[data-offline="on"]', (box, signal) => {
  const form = document.querySelector("form[data-scan]");
  const phrases = new Phrases(box.dataset.phrases);
  const data = new DoorData(JSON.parse(box.dataset.layouts));
  const view = new VerdictView(box, data, phrases);
  const notices = new Notices(box, data, phrases);
  const tries = new WeakMap(); // htmx's request → {text, nonce}
  const gate = () => form.elements.gate?.value ?? box.dataset.gate;

  const sync = new DoorSync(box.dataset, data, {
    network: (isOnline) => {
      showNetwork();
      if (isOnline) announce(phrases.say("is_back"));
      else showCounters();
    },
    changed: async ({ conflicts }) => {
      notices.addConflicts(conflicts ?? []);
      showNetwork();
      if (!box.dataset.kept) box.dataset.kept = await keepPage(box.dataset);
    },
    stalled: () => showNetwork(),
    back: async () => { if (box.dataset.shell === "yes") await fetchForms(); },
    forget: async () => {
      await sendScans(box.dataset.scans).catch(() => {});
      await forgetAll();
      location.assign(form.dataset.scan);
    },
  }, box.dataset.shell !== "yes" && navigator.onLine);

  const ready = (async () => {
    await data.restore(await store.read());
    await showNetwork();
    if (!sync.isOnline) {
      showPlace(place(), data, phrases, gate());
      showCounters();
      if (location.pathname === "/staff/guests") showGuests();
    }
    sync.now();
  })();

  const showNetwork = async () => notices.show(sync.isOnline, (await store.unsent()).length);
  const place = () => currentPlace(form, data);

  // The verdicts of this device, one after another.
  let deciding = ready;
  const answerHere = (scan) => {
    deciding = deciding.then(() => answer(scan)).catch(() => form.dispatchEvent(new CustomEvent("door:no-answer")));
  };
  const answer = async ({ text, nonce, at: where }) => {
    const standing = where ?? place();
    const answers = [];
    for (const code of new Set(text.split(/[\t\r\n]+/).filter((one) => one.trim()))) {
      answers.push(await tryCode(code, answers.length ? crypto.randomUUID() : nonce, standing));
    }
    show(view.verdict(answers, standing));
  };
  const tryCode = async (code, nonce, standing) => {
    const found = await decide(code, data, standing, data.now);
    if (!["admitted", "readmitted"].includes(found.verdict)) return found;
    const at = data.now;
    const admission = { ticket: found.ticket?.id ?? found.payload.ticket, at, gate: gate(), nonce, isKnown: false };
    const where = standing.screening ? `screening-${standing.screening}` : `cinema-${standing.site ?? data.site}`;
    const before = await store.record({
      nonce,
      text: code.trim(),
      at: new Date(at).toISOString(),
      account: data.meta.account.id,
      gate: gate(),
      place: where,
      verdict: "admitted",
    }, admission);
    data.addAdmission(before ?? admission);
    return before ? { ...found, verdict: "already", own: before } : found;
  };

  const show = (element) => {
    for (const field of element.querySelectorAll("input[name=place]")) field.value = placeValue();
    for (const field of element.querySelectorAll("input[name=once]")) field.value = crypto.randomUUID();
    document.getElementById("_verdict").replaceWith(element);
    const actions = document.getElementById("_actions");
    actions.replaceChildren();
    if (element.dataset.verdict) {
      const next = box.querySelector("template[data-next]").content.firstElementChild.cloneNode(true);
      next.addEventListener("click", () => show(view.waiting()));
      actions.append(next);
    }
    showCounters();
    showNetwork();
    form.dispatchEvent(new CustomEvent("door:shown"));
  };
  const placeValue = () => form.elements.place?.value ?? "";
  const showCounters = () => {
    const here = place();
    const screenings = here.screening ? [here.screening] : data.screenings()
      .filter(({ opens, ends }) => Date.parse(opens) <= data.now && data.now <= Date.parse(ends)).map(({ id }) => id);
    if (!sync.isOnline && data.isUsable) notices.counters(counted(screenings.flatMap((id) => data.tickets(id)), data));
  };
  const showGuests = () => {
    show(guestList(box, {
      data,
      phrases,
      here: place().screening,
      scan: (text, screening) => answerHere({ text, nonce: crypto.randomUUID(), at: screening && { screening } }),
    }));
  };

  // The scans that htmx sends.
  form.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    const scan = { text: String(ctx.request.body.get("code")), nonce: crypto.randomUUID() };
    tries.set(ctx, scan);
    ctx.request.body.set("nonce", scan.nonce);
    if (data.isUsable) ctx.request.timeout = PATIENCE;
  }, { signal });
  form.addEventListener("htmx:before:request", (event) => {
    if (sync.isOnline || !data.isUsable) return;
    event.preventDefault();
    answerHere(tries.get(event.detail.ctx));
  }, { signal });
  const withoutAnswer = (event) => {
    const { ctx } = event.detail;
    if (!ctx || !data.isUsable || (ctx.response && ctx.response.status < 500)) return;
    const isNext = ctx.sourceElement?.closest?.("#_actions");
    if (!isNext && !tries.has(ctx)) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // door.js would say that nobody answers
    sync.lost();
    if (isNext) show(view.waiting());
    else answerHere(tries.get(ctx));
  };
  document.addEventListener("htmx:error", withoutAnswer, { capture: true, signal });
  document.addEventListener("htmx:before:swap", withoutAnswer, { capture: true, signal });
  // What the server let in at this device is known here at once, in case the network goes before the next exchange.
  form.addEventListener("htmx:after:swap", async ({ detail: { ctx } }) => {
    const scan = tries.get(ctx);
    if (!scan || document.getElementById("_verdict").dataset.verdict !== "in") return;
    const ticket = await ticketIdOf(scan.text, data);
    if (!ticket) return;
    const admission = { ticket, at: data.now, gate: gate(), nonce: scan.nonce, isKnown: true };
    data.addAdmission(admission);
    await store.recordKnown(admission).catch(() => {});
  }, { signal });

  // What pages of the server do otherwise.
  document.addEventListener("click", (event) => {
    if (sync.isOnline || !event.target.closest?.(".guests-link a")) return;
    event.preventDefault();
    showGuests();
  }, { signal });
  placeForm(data, phrases, {
    isOffline: () => !sync.isOnline && data.isUsable,
    moved(value, name) {
      form.elements.place.value = value;
      if (name) nameGate(form, name);
      showPlace(place(), data, phrases, gate());
      show(view.waiting());
    },
  }, signal);
  addEventListener("offline", () => { if (data.isUsable) sync.lost(); }, { signal });
  addEventListener("online", () => sync.now(), { signal });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) sync.now(); }, { signal });
  signal.addEventListener("abort", () => sync.stop());

  document.querySelector("[data-offline-removal]")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    await sendScans(box.dataset.scans, data).catch(() => {});
    event.target.submit();
  }, { signal });

  // A page that came without the server has no tokens: its forms get those of a new page.
  const fetchForms = async () => {
    const got = await fetch(form.dataset.scan, { signal: AbortSignal.timeout(4000) });
    if (!got.ok) throw new Error("no page");
    if (got.redirected) { location.assign(form.dataset.scan); return; }
    const page = new DOMParser().parseFromString(await got.text(), "text/html");
    const token = page.querySelector("input[name=csrf_token]").value;
    for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = token;
    box.dataset.shell = "no";
  };
});
