// The attract page, before anybody has chosen anything, empties the browser's storage: what a visit kept ends with it.
import { onElements } from "./behaviour.js";

onElements("[data-empty-storage]", () => {
  sessionStorage.clear();
  localStorage.clear();
});
