/** See lazy-texts.ts. */
export const projects = {
  new: "New project",
  change: "Project",
  name: "Name",
  nameHint: "For example a book, a course, or a client.",
  instructions: "Instructions",
  instructionsHint: "What you want of every answer in its chats. {{count}} of {{most}} characters.",
  memory: "Memory",
  memoryHint:
    "On: its chats know what Pipit remembers of you, and add to it. Off: they know nothing of it, and nothing is remembered from them.",
  create: "Create",
  save: "Save",
  delete: "Delete the project",
  deleteTitle: "Delete “{{name}}”?",
  deleteBody:
    "Its chats stay, and belong to no project from then on. Its instructions are gone, and that cannot be undone.",
  away: "The server is away: a project can be changed as soon as it answers.",
  wrong: {
    noName: "Give it a name.",
    name: "The server does not take this name. Use another one.",
    many: "There are {{most}} projects, and no more are kept. Delete one first.",
    long: "{{count}} characters; the limit is {{most}}. Shorten it.",
    instructions: "The server does not take this text: it may hold characters that cannot be shown.",
  },
} as const;
