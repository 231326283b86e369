// Mistakes in the style sheets. How they are laid out is not judged here.
export default {
  extends: "stylelint-config-recommended",
  rules: {
    // A file is a component: the order inside one file is its own, and components do not meet.
    "no-descending-specificity": null,
    // Colours are tokens: a component that names one of its own would miss the light scheme.
    "color-named": "never",
    "declaration-no-important": null,
  },
};
