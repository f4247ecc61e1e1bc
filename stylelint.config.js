export default {
  extends: "stylelint-config-recommended",
  rules: {
    // The sheets go component by component; what looks alike in two of them has nothing in common.
    "no-descending-specificity": null,
  },
};
