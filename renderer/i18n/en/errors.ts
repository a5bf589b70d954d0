/** See i18n.ts. */
export const errors = {} as const;
