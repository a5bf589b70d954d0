/** See i18n.ts. */
export const firstRun = {
  label: "First steps",
  step: "Step {{step}} of {{count}}",
  next: "Next",
  back: "Back",
  skipAll: "Skip the introduction",
  done: "Start",
  signIn: {
    title: "Hello, this is Pipit",
    body: "Ask anything: the answer comes as text, and as voice if you like.",
  },
  hotkey: {
    title: "One key from anywhere",
    body: "These keys open Pipit over whatever you do. Press them once now.",
  },
  senses: {
    title: "Voice and screen",
    body: "You can change both at any time in the settings.",
  },
  voice: {
    title: "Voice",
    body: "You can change this at any time in the settings.",
  },
} as const;
