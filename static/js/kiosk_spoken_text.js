// What the spoken guidance says of an element: its group, name, role, state and value, in words that a voice reads well.

const GROUPS = "dialog, [role=alertdialog], fieldset, [role=group][aria-label], nav[aria-label]";
const ROLES = { A: "link", BUTTON: "button", SUMMARY: "button" };

const words = () => JSON.parse(document.querySelector("[data-spoken-words]")?.dataset.spokenWords ?? "{}");
const fill = (text, values) => (text ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

/** The visible text, with the texts of pictures; parts in another language are left out. */
export function textOf(element) {
  if (!element) return "";
  return readable(ownText(element, true));
}

function ownText(node, isWhole = false) {
  if (node.nodeType === Node.TEXT_NODE) return node.data;
  if (node.nodeType !== Node.ELEMENT_NODE || node.ariaHidden === "true" || ["SCRIPT", "TEMPLATE", "NOSCRIPT"].includes(node.tagName)) return "";
  if (!node.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return "";
  if (node.lang && node.lang !== document.documentElement.lang && !isWhole) return "";
  if (node.ariaLabel && node.role === "img") return node.ariaLabel;
  if (node.alt) return ` ${node.alt} `;
  const text = [...node.childNodes].map((child) => ownText(child)).join("");
  return getComputedStyle(node).display.startsWith("inline") ? text : ` ${text.trimEnd()}${/[\p{L}\d]\s*$/u.test(text) ? "," : ""} `;
}

/** The text as a voice reads it well: amounts, hours and order codes in words. */
export function readable(text) {
  const { reais, reaisAndCentavos } = words();
  return text.replace(/\s+/g, " ")
    .replace(/R\$\s?([\d.,]*\d)/g, (_, amount) => {
      const digits = amount.replace(/\D/g, "");
      const hasCentavos = /[.,]\d\d$/.test(amount);
      const [n, c] = hasCentavos ? [digits.slice(0, -2), Number(digits.slice(-2))] : [digits, 0];
      return fill(c ? reaisAndCentavos : reais, { n, c });
    })
    .replace(/\b(\d{1,2})h(\d\d)\b/g, "$1:$2")
    .replace(/\b([A-Z]{3,})-(\d+)\b/g, (_, word, number) => `${word}, ${[...number].join(" ")}`)
    .replace(/\s*[·×]\s*/g, ", ").replace(/\s+,/g, ",").replace(/,(\s*,)+/g, ",").replace(/([.!?:;]),/g, "$1").replace(/^[\s,]+|[\s,]+$/g, "");
}

/** "Row F, seat 7, free, 38 reais, chosen" for a seat; "Continue, button"; "Full price, 38 reais, 1 of 2, chosen". */
export function describe(element) {
  const { roles = {}, states = {}, place } = words();
  const isSeat = element.name === "seat";
  const radios = element.type === "radio" ? [...document.querySelectorAll(`input[type=radio][name="${element.name}"]`)] : [];
  const parts = [
    isSeat ? seatName(element) : nameOf(element),
    roles[ROLES[element.tagName]],
    radios.length > 1 && fill(place, { at: radios.indexOf(element) + 1, all: radios.length }),
    valueOf(element),
    states[stateOf(element, isSeat)],
    (element.disabled || element.ariaDisabled === "true") && states.unavailable,
    textById(element, "aria-describedby"),
  ];
  return readable(parts.filter(Boolean).join(", "));
}

/** The element's group: a dialog, a fieldset, a named part of the page. A seat's name has its row. */
export const groupOf = (element) => (element.name === "seat" ? null : element.closest(GROUPS));

export function nameOf(element) {
  const legend = element.querySelector?.(":scope > legend");
  return textById(element, "aria-labelledby") || readable(element.ariaLabel ?? "") || textOf(legend ?? element.labels?.[0]) || (legend ? "" : textOf(element));
}

function textById(element, attribute) {
  const ids = element.getAttribute(attribute)?.split(/\s+/) ?? [];
  return ids.map((id) => textOf(document.getElementById(id))).filter(Boolean).join(", ");
}

// The label begins with the seat's short name, "F7": say "Row F, seat 7" instead.
function seatName(box) {
  const label = box.ariaLabel ?? textOf(box.nextElementSibling);
  const short = box.dataset.heard ?? box.dataset.name ?? box.id;
  if (box.dataset.heard || box.dataset.name || !label.startsWith(short)) return label;
  const row = box.closest("[data-row]").dataset.row;
  return fill(box.form.dataset.sayLine, { row, number: box.dataset.n }) + label.slice(short.length);
}

function valueOf(element) {
  if (element.tagName === "SELECT") return element.selectedOptions[0]?.text;
  const hasValue = element.tagName === "TEXTAREA" || (element.tagName === "INPUT" && !["checkbox", "radio", "password"].includes(element.type));
  return hasValue ? element.value : "";
}

function stateOf(element, isSeat) {
  if (element.ariaPressed) return element.ariaPressed === "true" ? "on" : "off";
  if (["checkbox", "radio"].includes(element.type)) return element.checked ? "chosen" : isSeat ? "" : "notChosen";
  if (element.tagName === "SUMMARY") return element.parentElement.open ? "open" : "closed";
  return element.ariaCurrent ? "current" : "";
}
