/** See i18n.ts. */
export const markdown = {} as const;
