/** See i18n.ts. */
export const auth = {} as const;
