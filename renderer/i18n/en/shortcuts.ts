/** See lazy-texts.ts. */
export const shortcuts = {
  title: "Keyboard shortcuts",
  window: "In the window",
  anywhere: "From anywhere",
  send: "Send",
  newLine: "New line",
  editLast: "Change the last question, in the empty field",
  scroll: "Scroll the conversation",
  newChat: "New chat",
  chats: "Chats",
  settings: "Settings",
  prompts: "Your prompts, in the empty field",
  list: "This list, outside a text field",
  back: "Back, or hide the window",
  backPage: "Back",
  open: "Open Pipit",
  region: "Ask about a part of the screen",
} as const;
