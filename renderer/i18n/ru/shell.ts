/** See i18n.ts. */
export const shell = {
  close: "Закрыть",
  dismiss: "Скрыть",
} as const;
