/** See i18n.ts. */
export const shell = {
  close: "Close",
  dismiss: "Dismiss",
} as const;
