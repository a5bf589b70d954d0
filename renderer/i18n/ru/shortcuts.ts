/** See lazy-texts.ts. */
export const shortcuts = {
  title: "Сочетания клавиш",
  window: "В окне",
  anywhere: "Отовсюду",
  send: "Отправить",
  newLine: "Новая строка",
  editLast: "Изменить последний вопрос, в пустом поле",
  scroll: "Прокрутить беседу",
  newChat: "Новый чат",
  chats: "Чаты",
  settings: "Настройки",
  prompts: "Свои заготовки, в пустом поле",
  list: "Этот список, вне текстового поля",
  back: "Назад или скрыть окно",
  backPage: "Назад",
  open: "Открыть Pipit",
  region: "Спросить о части экрана",
} as const;
