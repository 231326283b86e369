// What the door keeps on the device, in IndexedDB: what it knows (door_data.js), its own admissions, and the scans that
// the server has not taken yet. A page may close or a battery die at any moment: what `record` wrote is on the disk.
const NAME = "door";
const KEYS = { meta: undefined, rooms: "id", admissions: "ticket", scans: "nonce" }; // stores and their key paths
let opened;

/**
 * All that is kept, for DoorData.restore; `meta` is empty before the first snapshot. `place` is {value, gate}: a change
 * that the server does not know yet.
 */
export async function read() {
  const transaction = (await database()).transaction(["meta", "rooms", "admissions"]);
  const [meta, elsewhere, place, rooms, admissions] = await Promise.all([
    ...["meta", "elsewhere", "place"].map((key) => answerOf(transaction.objectStore("meta").get(key))),
    answerOf(transaction.objectStore("rooms").getAll()),
    answerOf(transaction.objectStore("admissions").getAll()),
  ]);
  return { meta: meta ?? {}, elsewhere, place, rooms, admissions };
}

/** Writes what an answer of the server changed, all or nothing. */
export async function keep({ meta, elsewhere, rooms = [], gone = [], covered = [] }) {
  const transaction = (await database()).transaction(["meta", "rooms", "admissions"], "readwrite");
  if (meta) transaction.objectStore("meta").put(meta, "meta");
  if (elsewhere) transaction.objectStore("meta").put(elsewhere, "elsewhere");
  for (const room of rooms) transaction.objectStore("rooms").put(room);
  for (const id of gone) transaction.objectStore("rooms").delete(id);
  for (const id of covered) transaction.objectStore("admissions").delete(id);
  await endOf(transaction);
}

/** Writes a change of the place, {value, gate}, that the server does not know yet; without one, that it knows it. */
export async function keepPlace(place) {
  const transaction = (await database()).transaction("meta", "readwrite");
  const meta = transaction.objectStore("meta");
  if (place) meta.put(place, "place");
  else meta.delete("place");
  await endOf(transaction);
}

/**
 * Writes that a ticket is used, and the scan for the server; both are on the disk when this resolves. Returns the
 * admission that was there before, which another tab of this device may have written: then it changes nothing.
 */
export async function record(scan, admission) {
  const transaction = (await database()).transaction(["admissions", "scans"], "readwrite", { durability: "strict" });
  const admissions = transaction.objectStore("admissions");
  let before;
  const asked = admissions.get(admission.ticket);
  asked.onsuccess = () => {
    before = asked.result;
    if (before) return;
    admissions.add(admission);
    transaction.objectStore("scans").put(scan);
  };
  await endOf(transaction);
  return before;
}

/** Writes an admission that the server made, at this device. */
export async function recordKnown(admission) {
  const transaction = (await database()).transaction("admissions", "readwrite", { durability: "strict" });
  transaction.objectStore("admissions").put(admission);
  await endOf(transaction);
}

/** The scans for the server, the oldest first. */
export async function unsent() {
  const scans = await answerOf((await database()).transaction("scans").objectStore("scans").getAll());
  return scans.sort((one, other) => (one.at < other.at ? -1 : 1));
}

/** Removes scans that the server has taken, and marks their admissions as known to it. */
export async function taken(nonces, admissions) {
  const transaction = (await database()).transaction(["admissions", "scans"], "readwrite");
  for (const nonce of nonces) transaction.objectStore("scans").delete(nonce);
  for (const one of admissions) transaction.objectStore("admissions").put(one);
  await endOf(transaction);
}

/** Deletes everything. */
export async function forget() {
  (await opened?.catch(() => undefined))?.close();
  opened = undefined;
  await new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(NAME);
    for (const name of ["success", "error"]) request.addEventListener(name, resolve);
  });
}

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(KEYS)) request.result.createObjectStore(name, keyPath ? { keyPath } : {});
    };
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      request.result.onversionchange = () => { // another tab forgets, or has a newer page
        request.result.close();
        opened = undefined;
      };
      resolve(request.result);
    };
  });
  return opened;
}

const answerOf = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

const endOf = (transaction) => new Promise((resolve, reject) => {
  transaction.oncomplete = resolve;
  for (const name of ["onabort", "onerror"]) transaction[name] = () => reject(transaction.error);
});
