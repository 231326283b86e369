// htmx sends a step's form, and the page in the answer replaces #page. It feels like a normal navigation: the view
// starts at the top, the focus is on the heading, the back button restores the old page.
import "./behaviour.js";
import { leavePage } from "./page_history.js";

const SERVER_ERROR = 500; // such an answer is no page: keep the form with what was typed
let isNewPage = false;

const isForPage = (target) => target?.id === "page" || target === "#page";

// The other language changes the whole document: a form with that button is sent without htmx.
document.addEventListener("submit", (event) => {
  if (event.submitter?.name === "language") event.stopPropagation();
}, { capture: true });

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (isForPage(ctx.target)) showNoAnswer(false);
});

document.addEventListener("htmx:before:swap", (event) => {
  const { ctx, tasks } = event.detail;
  const task = tasks.find(({ type, target }) => type === "main" && isForPage(target));
  if (!task) return;
  const hasPage = task.fragment.querySelector("#page") && ctx.response.status < SERVER_ERROR;
  if (!hasPage || !ctx.sourceElement.isConnected) { // no page, or the customer has gone back in the meantime
    event.preventDefault();
    if (!hasPage) showNoAnswer(true);
    return;
  }
  const place = document.createElement("div");
  if (ctx.hx.pushurl) leavePage(place);
  else document.getElementById("page").replaceWith(place);
  task.target = place;
  isNewPage = true;
});

document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (isForPage(ctx?.target)) showNoAnswer(true);
});

// Before htmx moves the focus to an element with autofocus, which then scrolls into view.
document.addEventListener("htmx:before:settle", () => {
  if (isNewPage) scrollTo({ top: 0, behavior: "instant" });
});

document.addEventListener("htmx:after:swap", () => {
  if (!isNewPage) return;
  isNewPage = false;
  if (document.activeElement !== document.body) return; // autofocus: a field with an error
  const main = document.getElementById("main");
  const heading = main.querySelector("h1, h2:not(.hidden-visually)") ?? main;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
});

function showNoAnswer(isShown) {
  for (const notice of document.querySelectorAll("[data-no-answer]")) notice.hidden = !isShown;
}
