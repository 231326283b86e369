// Pans a seat map that is wider than the screen: it starts at the centre, and a strip of the whole auditorium moves it.
import { onElements } from "./behaviour.js";

const SVG = "http://www.w3.org/2000/svg";
const STRIP_UNITS = 3.5; // a seat's side in the strip, of a 5-unit grid

onElements("[data-hall]", (hall, signal) => {
  const map = hall.querySelector(".map");
  let strip;
  const centre = () => { hall.scrollLeft = (hall.scrollWidth - hall.clientWidth) / 2; };
  const pans = () => hall.scrollWidth > hall.clientWidth + 12;

  const fit = () => {
    if (pans() && !strip) {
      strip = overview(hall, map);
      hall.before(strip.element);
      centre();
    }
    if (strip) strip.element.toggleAttribute("hidden", !pans());
    strip?.look();
  };
  hall.addEventListener("scroll", () => strip?.look(), { passive: true, signal });
  hall.addEventListener("change", () => strip?.paint(), { signal });
  hall.addEventListener("seats:changed", () => strip?.paint(), { signal });
  // Scroll to a seat that got the focus by keyboard: it may be behind the row's letter. Not by touch: a map that moves
  // between press and click would give the click to another seat.
  hall.addEventListener("focusin", (event) => {
    if (pans() && event.target.matches(".map input:focus-visible")) event.target.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, { signal });
  const observer = new ResizeObserver(fit);
  observer.observe(hall);
  signal.addEventListener("abort", () => { observer.disconnect(); strip?.element.remove(); });
  fit();
});

function overview(hall, map) {
  const seats = [...map.querySelectorAll("input")];
  const unit = seats.length ? seats[0].offsetWidth / 25 : 1;
  const scale = 5 / (unit * 25);
  const element = document.createElementNS(SVG, "svg");
  element.setAttribute("class", "overview");
  element.setAttribute("aria-hidden", "true");
  element.setAttribute("preserveAspectRatio", "none");
  const spots = seats.map((seat) => {
    const spot = document.createElementNS(SVG, "rect");
    spot.setAttribute("x", (seat.offsetLeft * scale).toFixed(1));
    spot.setAttribute("y", (seat.offsetTop * scale * 0.6).toFixed(1));
    spot.setAttribute("width", (seat.offsetWidth * scale - (5 - STRIP_UNITS)).toFixed(1));
    spot.setAttribute("height", "2.2");
    return spot;
  });
  const view = document.createElementNS(SVG, "rect");
  view.setAttribute("class", "view");
  element.append(...spots, view);

  const top = Math.min(...seats.map((seat) => seat.offsetTop)) * scale * 0.6 - 2;
  const bottom = Math.max(...seats.map((seat) => seat.offsetTop)) * scale * 0.6 + 5;
  const look = () => {
    element.setAttribute("viewBox", `-1 ${top} ${hall.scrollWidth * scale + 2} ${bottom - top}`);
    view.setAttribute("x", hall.scrollLeft * scale);
    view.setAttribute("y", top + 0.6);
    view.setAttribute("width", hall.clientWidth * scale);
    view.setAttribute("height", bottom - top - 1.2);
  };
  const paint = () => seats.forEach((seat, index) => {
    spots[index].setAttribute("class", seat.checked ? "chosen" : seat.disabled ? "taken" : "");
  });
  const go = (event) => {
    const box = element.getBoundingClientRect();
    hall.scrollLeft = ((event.clientX - box.left) / box.width) * hall.scrollWidth - hall.clientWidth / 2;
  };
  element.addEventListener("pointerdown", (event) => { element.setPointerCapture(event.pointerId); go(event); });
  element.addEventListener("pointermove", (event) => { if (event.buttons) go(event); });
  paint();
  return { element, look, paint };
}
