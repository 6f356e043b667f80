// What the scripts of blockmrs/public/js are held to, besides the types (tsconfig.json) and the oldest supported browsers
// (tools/browsers/check.py). An exception stands beside its line, with its reason behind "--".
import js from "@eslint/js";

const IN_ONE_LINE = {
  selector: "TemplateElement[value.raw=/\\n/]",
  message: "a text over several lines could begin one as a comment does, and would lose it on its way to the browser",
};
const NO_INNER_VAR = { selector: ":function VariableDeclaration[kind='var']", message: "const, or let where it changes" };

export default [
  {
    files: ["**/*.js"],
    linterOptions: { reportUnusedDisableDirectives: "error" },
    languageOptions: { ecmaVersion: 2020, sourceType: "script" },
    rules: {
      ...js.configs.recommended.rules,
      complexity: ["error", 15],
      "consistent-return": "error",
      curly: ["error", "multi-line"],
      eqeqeq: "error",
      "max-len": ["error", { code: 120, ignoreUrls: true }],
      "no-empty": ["error", { allowEmptyCatch: false }],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-restricted-syntax": ["error", IN_ONE_LINE, NO_INNER_VAR],
      "no-shadow": ["error", { builtinGlobals: false }],
      "no-throw-literal": "error",
      // What a script gives to others is a name of the page; the type checker knows all of them.
      "no-undef": "off",
      "no-unused-vars": ["error", { vars: "local", caughtErrors: "none" }],
      "prefer-const": "error",
      "require-atomic-updates": "off",
      strict: ["error", "safe"],
    },
  },
  {
    // Read by far older browsers, too: these help the first screen, and every page of the server.
    files: ["page/*.js", "field/field.js"],
    languageOptions: { ecmaVersion: 5, sourceType: "script" },
    rules: { "no-restricted-syntax": ["error", IN_ONE_LINE], "prefer-const": "off" },
  },
  {
    // The server puts a constant before it, so that no function is around all of it.
    files: ["phone/sw.js"],
    rules: { strict: ["error", "global"] },
  },
];
