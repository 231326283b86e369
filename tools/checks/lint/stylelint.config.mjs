// Mistakes in the style sheets. Prettier lays them out (prettier.json); only blank lines and names are judged here.
export default {
  extends: "stylelint-config-recommended",
  rules: {
    // A file is a component: the order inside one file is its own, and components do not meet.
    "no-descending-specificity": null,
    // Colours are tokens: a component that names one of its own would miss the light scheme.
    "color-named": "never",
    "declaration-no-important": null,
    "rule-empty-line-before": ["always", { except: ["first-nested"], ignore: ["after-comment"] }],
    // A class is a word or more. age-L is the age rating "L" (livre), as the law writes it.
    "selector-class-pattern": "^([a-z][a-z0-9]+(-[a-z0-9]+)*|age-L)$",
  },
  overrides: [
    // A seat and its key in the legend: hundreds of seats a page (see seat.css).
    { files: ["**/seat.css", "**/seat_kinds.css", "**/seat_places.css", "**/legend.css"], rules: { "selector-class-pattern": null } },
  ],
};
