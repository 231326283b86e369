// The back and forward buttons among pages that htmx put into one document: each page is restored as it was left, with
// its ticks and typed text, like from the browser's own page cache. A page that is not kept is loaded again by its
// address (htmx: "history": "reload").
import { startBehaviours } from "./behaviour.js";

const MAX_PAGES = 8;
const kept = new Map(); // number of the history entry -> the page that was left there
let here = history.state?.page;
let shown; // the entry whose page was restored last and is still shown
let count = 0;

const currentPage = () => document.getElementById("page");

/** Replaces the page by `place` and keeps it for its history entry, if it has data-kept-page. */
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
  if (kept.size > MAX_PAGES) kept.delete(kept.keys().next().value);
  page.replaceWith(place);
}

// Numbers differ between the documents of a tab too: its history has the entries of all of them.
function number(state) {
  count += 1;
  here = `${performance.timeOrigin} ${count}`;
  history.replaceState({ ...state, page: here }, "");
}

document.addEventListener("htmx:after:history:push", () => number(history.state));

// Restore in popstate, so that address and page change together; htmx reacts a moment later.
addEventListener("popstate", ({ state }) => {
  const back = kept.get(state?.page);
  if (back && currentPage()) restore(back, state.page);
  else here = state?.page; // the same page with another fragment, or a page that htmx loads again
});

document.addEventListener("htmx:before:history:restore", (event) => {
  if (shown === history.state.page) event.preventDefault();
});

function restore(back, entry) {
  replacePage(back.page);
  here = shown = entry;
  kept.delete(here);
  document.title = back.title;
  startBehaviours();
  scrollTo(0, back.scroll);
  (back.focused?.isConnected ? back.focused : document.getElementById("main"))?.focus({ preventScroll: true });
}

// The browser's own cache restores the whole document: load it again if its page must not be kept.
addEventListener("pageshow", (event) => {
  if (event.persisted && history.state?.page && currentPage() && !("keptPage" in currentPage().dataset)) location.reload();
});
