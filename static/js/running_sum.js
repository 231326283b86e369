// Updates the sum in the bar while the customer chooses. The server's own sum is the one that is charged. The form has
// data-sum (fixed centavos), its fields data-price and data-counts (the kind of piece).
import { onElements } from "./behaviour.js";

onElements("form[data-sum]", (form, signal) => {
  const say = (selector, words) => { for (const place of document.querySelectorAll(selector)) place.textContent = words; };
  const words = JSON.parse(form.dataset.sumWords);

  const add = () => {
    let sum = Number(form.dataset.sum);
    let pieces = 0;
    const counts = {};
    const lines = [];
    for (const field of form.querySelectorAll("[data-price]")) {
      const many = field.type === "radio" ? Number(field.checked) : Math.max(0, Math.trunc(Number(field.value)) || 0);
      sum += many * Number(field.dataset.price);
      pieces += many;
      if (many) lines.push([many > 1 ? `${many} × ${field.dataset.line}` : field.dataset.line, money(many * Number(field.dataset.price))]);
      counts[field.dataset.counts] = (counts[field.dataset.counts] ?? 0) + many;
    }
    const parts = Object.entries(words).filter(([name]) => counts[name]).map(([name, [one, more]]) => (counts[name] === 1 ? one : more).replace("#", counts[name]));
    if (form.dataset.sumBefore) parts.unshift(form.dataset.sumBefore);
    list(lines);
    say("[data-bar-total]", money(sum));
    say("[data-bar-text]", parts.join(" + "));
    if (form.dataset.sumActionNone) say("[data-bar-action]", pieces ? form.dataset.sumActionSome : form.dataset.sumActionNone);
  };
  form.addEventListener("input", add, { signal });
  form.addEventListener("change", add, { signal });
  // The back button may restore earlier quantities.
  window.addEventListener("pageshow", add, { signal });
  add();
});

// The lines of the order: those of other steps stay, those of this step are replaced.
function list(lines) {
  const place = document.querySelector("[data-sum-lines]");
  const old = [...(place?.querySelectorAll("[data-live]") ?? [])];
  const next = old.at(-1)?.nextElementSibling ?? null;
  for (const line of old) line.remove();
  for (const [words, amount] of lines) {
    const line = document.createElement("li");
    line.dataset.live = "";
    const [text, cost] = [document.createElement("span"), document.createElement("span")];
    [text.textContent, cost.textContent, cost.className] = [words, amount, "cost"];
    line.append(text, cost);
    place?.insertBefore(line, next);
  }
}

function money(centavos) {
  const shown = (centavos / 100).toLocaleString(document.documentElement.lang, { minimumFractionDigits: 2 });
  return `R$\u00a0${shown}`;
}
