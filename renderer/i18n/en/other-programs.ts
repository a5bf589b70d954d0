/** See lazy-texts.ts. */
export const otherPrograms = {
  replace: "Replace the selection",
  copied: "Copied: paste it with {{keys}}",
  question: "Say that the text is from “{{name}}”, with the title of its window?",
  always: "Always",
  once: "This time",
  never: "Never",
  tell: "Say which program a text is from",
  tellHint: "Pipit asks for each program before it tells its name and the title of its window.",
  said: "Programs you decided about",
  forget: "Forget {{name}}",
} as const;
