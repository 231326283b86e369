// Behaviours: each looks for its own data-* hooks, starts on the elements that have them and stops when they go.
const behaviours = [];

/**
 * Runs `start(element, signal, isBack)` once for each element that matches, now and whenever new markup comes to the
 * page. `signal` aborts when the element leaves it: listeners take it as an option, timers and streams end with it.
 * `isBack` tells that the element was on the page before, as part of a page that the back button brought back.
 */
export function onElements(selector, start) {
  behaviours.push({ selector, start, running: new Map(), known: new WeakSet() });
  // Not at once: what the calling module declares further down is not there yet.
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

/** Speaks a sentence through the page's polite live region, made on first use; it stays when the page is replaced. */
export function announce(text) {
  let voice = document.getElementById("voice");
  if (!voice) {
    voice = document.createElement("p");
    voice.id = "voice";
    voice.className = "hidden-visually";
    voice.setAttribute("aria-live", "polite");
    document.body.append(voice);
  }
  // Emptied first, so that the same sentence twice is heard twice.
  voice.textContent = "";
  setTimeout(() => { voice.textContent = text; }, 60);
}
