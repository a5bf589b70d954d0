/** See lazy-texts.ts. */
export const memories = {
  title: "Memory",
  remembers: "Remember what I say about myself",
  remembersHint:
    "In your own words, for all chats but temporary ones. Off: nothing is added, and no answer knows of the list.",
  empty: "Nothing is remembered yet.",
  noHits: "No memory has this text.",
  search: "Search memories",
  add: "Add",
  new: "Something to remember",
  text: "Memory",
  edit: "Edit",
  editOne: "Edit: {{text}}",
  forget: "Forget",
  forgetOne: "Forget: {{text}}",
  forgotten: "Forgotten.",
  undo: "Undo",
  save: "Save",
  cancel: "Cancel",
  remembered: "Remembered: {{text}}",
} as const;
