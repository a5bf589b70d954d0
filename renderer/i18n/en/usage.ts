/** See lazy-texts.ts. */
export const usage = {
  title: "Usage",
  by: "Tokens of the last 30 days",
  hint: "What the model has read and written for you.",
  kind: { day: "By day", model: "By model", chat: "By chat" },
  input: "Read",
  output: "Written",
  total: "Total",
  noChat: "Without a title or a chat",
  none: "No tokens were used.",
  all_one: "Show {{count, number}}",
  all_other: "Show all {{count, number}}",
  day: "Today: {{used, number}} of {{limit, number}} tokens. New ones: {{time}}.",
  month: "This month: {{used, number}} of {{limit, number}} tokens. New ones: {{time}}.",
} as const;
