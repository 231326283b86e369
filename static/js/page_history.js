// The back and forward buttons among pages that htmx put into one document: each page comes back as it was left, with
// what was ticked and typed, as from the browser's own page cache. A page that is not kept is loaded again by its
// address (htmx: "history": "reload").
import { startBehaviours } from "./behaviour.js";

const MOST = 8;
const kept = new Map(); // number of the history entry -> the page that was left there
let here = history.state?.page;
let shown; // the entry whose page was brought back last, and is still there
let count = 0;

const currentPage = () => document.getElementById("page");

/** Puts `place` where the page is, which stays for its entry of the history if it is one that may be kept. */
export function leavePage(place) {
  if (here === undefined || history.state?.page !== here) number({ ...history.state, htmx: true });
  replacePage(place);
  shown = undefined;
}

function replacePage(place) {
  const page = currentPage();
  const focused = page.contains(document.activeElement) ? document.activeElement : null;
  kept.delete(here);
  if (here !== undefined && "keptPage" in page.dataset) kept.set(here, { page, focused, title: document.title, scroll: scrollY });
  if (kept.size > MOST) kept.delete(kept.keys().next().value);
  page.replaceWith(place);
}

// Numbers differ between documents of one tab, too: entries of all of them stand in one history.
function number(state) {
  count += 1;
  here = `${performance.timeOrigin} ${count}`;
  history.replaceState({ ...state, page: here }, "");
}

document.addEventListener("htmx:after:history:push", () => number(history.state));

// At once, so that the address and the page change together; htmx hears of it a moment later.
addEventListener("popstate", ({ state }) => {
  const back = kept.get(state?.page);
  if (back && currentPage()) bringBack(back, state.page);
  else here = state?.page; // the same page at another #place, or htmx loads it again
});

document.addEventListener("htmx:before:history:restore", (event) => {
  if (shown === history.state.page) event.preventDefault();
});

function bringBack(back, entry) {
  replacePage(back.page);
  here = shown = entry;
  kept.delete(here);
  document.title = back.title;
  startBehaviours();
  scrollTo(0, back.scroll);
  (back.focused?.isConnected ? back.focused : document.getElementById("main"))?.focus({ preventScroll: true });
}

// Out of the browser's own cache comes the whole document: with a page that must not be kept, it is asked for again.
addEventListener("pageshow", (event) => {
  if (event.persisted && history.state?.page && currentPage() && !("keptPage" in currentPage().dataset)) location.reload();
});
