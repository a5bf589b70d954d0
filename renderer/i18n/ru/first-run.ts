/** See i18n.ts. */
export const firstRun = {} as const;
