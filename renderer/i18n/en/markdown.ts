/** See i18n.ts. */
export const markdown = {
  code: "Code",
  codeIn: "Code, {{language}}",
  copyCode: "Copy code",
  copied: "Copied",
  copyFailed: "Could not copy",
  linkTo: "Opens {{host}}",
  linkFailed: "This link could not be opened.",
  table: "Table",
  taskDone: "Done",
  taskOpen: "Not done",
} as const;
