/** See i18n.ts. */
export const chat = {} as const;
