/** See i18n.ts. */
export const markdown = {
  code: "Код",
  codeIn: "Код, {{language}}",
  copyCode: "Скопировать код",
  copied: "Скопировано",
  copyFailed: "Не удалось скопировать",
  linkTo: "Откроется {{host}}",
  linkFailed: "Не удалось открыть ссылку.",
  table: "Таблица",
  taskDone: "Сделано",
  taskOpen: "Не сделано",
} as const;
