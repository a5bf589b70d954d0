/** See i18n.ts. */
export const shell = {} as const;
