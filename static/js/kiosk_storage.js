// Nothing of a visit stays in the browser: the attract page, before anybody has chosen anything, empties its storage, and
// a page that the browser kept for its back button is loaded again, so that the server decides whose it is.
import { onElements } from "./behaviour.js";

onElements("[data-empty-storage]", () => {
  sessionStorage.clear();
  localStorage.clear();
});

addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
