/** See lazy-texts.ts. */
export const usage = {
  title: "Расход",
  by: "Токены за последние 30 дней",
  hint: "Сколько модель прочитала и написала для вас.",
  kind: { day: "По дням", model: "По моделям", chat: "По чатам" },
  input: "Прочитано",
  output: "Написано",
  total: "Всего",
  noChat: "Без названия или вне чатов",
  none: "Токены не расходовались.",
  all_one: "Показать все ({{count, number}})",
  all_few: "Показать все ({{count, number}})",
  all_many: "Показать все ({{count, number}})",
  all_other: "Показать все ({{count, number}})",
  day: "Сегодня: {{used, number}} из {{limit, number}} токенов. Новые: {{time}}.",
  month: "В этом месяце: {{used, number}} из {{limit, number}} токенов. Новые: {{time}}.",
} as const;
