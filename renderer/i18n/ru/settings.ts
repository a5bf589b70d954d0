/** See i18n.ts. */
export const settings = {} as const;
