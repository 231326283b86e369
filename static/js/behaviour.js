// Behaviours: each starts on the elements that match its data-* hook and stops when they leave the page.
const behaviours = [];

/**
 * Runs `start(element, signal, isBack)` once for each element that matches, now and whenever new markup comes to the
 * page. `signal` aborts when the element leaves it: listeners take it as an option, timers and streams end with it.
 * `isBack` is true for an element of a page that the back button restored.
 */
export function onElements(selector, start) {
  behaviours.push({ selector, start, running: new Map(), known: new WeakSet() });
  // Start later: the calling module has not run to its end, so its later constants have no value yet.
  if (document.readyState !== "loading") queueMicrotask(startBehaviours);
}

/** Stops the behaviours of elements that have left the page and starts those of new ones. */
export function startBehaviours() {
  for (const { running } of behaviours) {
    for (const [element, life] of running) {
      if (element.isConnected) continue;
      running.delete(element);
      life.abort();
    }
  }
  for (const { selector, start, running, known } of behaviours) {
    for (const element of document.querySelectorAll(selector)) {
      if (running.has(element)) continue;
      const life = new AbortController();
      const isBack = known.has(element);
      running.set(element, life);
      known.add(element);
      start(element, life.signal, isBack);
    }
  }
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", startBehaviours);
document.addEventListener("htmx:after:swap", startBehaviours);

/** Announces a sentence to screen readers by a polite live region, which stays when the page is replaced. */
export function announce(text) {
  let region = document.getElementById("voice");
  if (!region) {
    region = document.createElement("p");
    region.id = "voice";
    region.className = "hidden-visually";
    region.setAttribute("aria-live", "polite");
    document.body.append(region);
  }
  // Empty it first: otherwise a repeated sentence is not announced again.
  region.textContent = "";
  setTimeout(() => { region.textContent = text; }, 60);
}
