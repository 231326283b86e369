// A link that is touched and a form that is sent leave the page only if the server answers: otherwise the browser would
// show an error page of its own. Without an answer the notice is shown, and the page with what was typed in stays.
import { serverAnswers, showOffline } from "./kiosk_online.js";

const RETRY_MS = 2000;
const checked = new WeakSet(); // forms that are being sent after the check
let isAsking = false;

/** Calls `leave` if the server answers; with `isPatient` as soon as it does. Touches in between are ignored. */
async function leaveIfThere(leave, isPatient = false) {
  if (isAsking) return;
  isAsking = true;
  let isThere = await serverAnswers();
  while (!isThere && isPatient) {
    showOffline();
    await new Promise((resolve) => { setTimeout(resolve, RETRY_MS); });
    isThere = await serverAnswers();
  }
  isAsking = false;
  if (isThere) leave();
  else showOffline();
}

const isOnThisPage = (link) => link.hash && link.pathname === location.pathname && link.search === location.search;

function onSubmit(event) {
  const { target: form, submitter } = event;
  if (event.defaultPrevented || checked.delete(form)) return; // a script sends it, or it was checked
  event.preventDefault();
  leaveIfThere(() => {
    if (!form.isConnected) return;
    checked.add(form);
    form.requestSubmit(submitter);
  }, form.hasAttribute("data-submit-now"));
}

// On the window, after the scripts of the page, which may send the form themselves.
window.addEventListener("submit", onSubmit);
// The form of the other language is hidden from those scripts (page_swap.js).
window.addEventListener("submit", (event) => {
  if (event.submitter?.name === "language") onSubmit(event);
}, { capture: true });

window.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || link.target || isOnThisPage(link)) return;
  event.preventDefault();
  leaveIfThere(() => { location.assign(link.href); });
});

document.addEventListener("htmx:error", async () => {
  if (!(await serverAnswers())) showOffline();
});
