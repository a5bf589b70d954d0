/** See lazy-texts.ts. */
export const memories = {
  title: "Память",
  remembers: "Запоминать, что я говорю о себе",
  remembersHint:
    "Вашими словами, для всех чатов, кроме временных. Если выключено, ничего не добавляется и ответы не знают об этом списке.",
  empty: "Пока ничего не запомнено.",
  noHits: "В памяти нет такого текста.",
  search: "Поиск в памяти",
  add: "Добавить",
  new: "Что запомнить",
  text: "Запись",
  edit: "Изменить",
  editOne: "Изменить: {{text}}",
  forget: "Забыть",
  forgetOne: "Забыть: {{text}}",
  forgotten: "Забыто.",
  undo: "Вернуть",
  save: "Сохранить",
  cancel: "Отмена",
  remembered: "Запомнено: {{text}}",
} as const;
