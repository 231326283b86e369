// The bar adds along while one chooses; the server adds again, and its sum is the one that counts.
// A form with data-sum (centavos that are fixed) holds fields with data-price and data-counts (what they are called).
import { onElements } from "./behaviour.js";

onElements("form[data-sum]", (form) => {
  const total = document.querySelector("[data-bar-total]");
  const text = document.querySelector("[data-bar-text]");
  const action = document.querySelector("[data-bar-action]");
  const words = JSON.parse(form.dataset.sumWords);

  const add = () => {
    let sum = Number(form.dataset.sum);
    let pieces = 0;
    const counts = {};
    for (const field of form.querySelectorAll("[data-price]")) {
      const many = field.type === "radio" ? Number(field.checked) : Math.max(0, Math.trunc(Number(field.value)) || 0);
      sum += many * Number(field.dataset.price);
      pieces += many;
      counts[field.dataset.counts] = (counts[field.dataset.counts] ?? 0) + many;
    }
    const parts = Object.entries(words).filter(([name]) => counts[name]).map(([name, [one, more]]) => (counts[name] === 1 ? one : more).replace("#", counts[name]));
    if (form.dataset.sumBefore) parts.unshift(form.dataset.sumBefore);
    if (total) total.textContent = money(sum);
    if (text) text.textContent = parts.join(" + ");
    if (action && form.dataset.sumActionNone) action.textContent = pieces ? form.dataset.sumActionSome : form.dataset.sumActionNone;
  };
  form.addEventListener("input", add);
  form.addEventListener("change", add);
  // Coming back, the browser may have put in what was chosen before.
  window.addEventListener("pageshow", add);
  add();
});

function money(centavos) {
  const shown = (centavos / 100).toLocaleString(document.documentElement.lang, { minimumFractionDigits: 2 });
  return `R$\u00a0${shown}`;
}
