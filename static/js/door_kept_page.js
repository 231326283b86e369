// The page that works without network: the service worker keeps it, for devices that keep data; all others forget it.
import { onElements } from "./behaviour.js";
import { canVerify } from "./door_qr.js";
import * as store from "./door_store.js";
import { sendScans } from "./door_sync.js";

/**
 * Has the service worker keep the page of this build; `dataset` names the worker, the page and the build. Resolves to the
 * build that is kept; to an empty text if none is, as in a private window: then the page works while it is open.
 */
export async function keepPage({ worker, keep, build }) {
  try {
    await navigator.serviceWorker.register(worker);
    const { active } = await navigator.serviceWorker.ready;
    navigator.storage?.persist?.(); // or a full disk may cost the data
    const { port1, port2 } = new MessageChannel();
    const answer = new Promise((resolve) => { port1.onmessage = ({ data }) => resolve(data); });
    active.postMessage({ keep, build }, [port2]);
    return await answer;
  } catch {
    return "";
  }
}

/** Deletes everything that this device keeps: data, scans, page and service worker. */
export async function forgetAll() {
  await store.forget();
  const registration = await navigator.serviceWorker?.getRegistration("/staff/");
  await registration?.unregister();
  if (globalThis.caches) await Promise.all((await caches.keys()).map((name) => caches.delete(name)));
}

// A page of a device that keeps nothing, or not any more.
onElements('[data-offline="off"]', async () => {
  await forgetAll().catch(() => {});
  const offer = document.querySelector("[data-offline-offer]");
  if (offer && navigator.serviceWorker && globalThis.indexedDB) offer.hidden = !await canVerify();
});

// After a sign-out.
onElements("[data-offline-left]", async ({ dataset }) => {
  await sendScans(dataset.scans).catch(() => {});
  await forgetAll().catch(() => {});
  location.replace(dataset.offlineLeft);
});
