/** Whether a line is a command; of several pasted lines, the first may begin with a path. */
export function isSlashLine(text: string): boolean {
  return /^\/(?:send\s|[^\n]*$)/.test(text);
}

/** The parts of a line that begins with a slash; the text of /send keeps its spacing. */
export function readSlashLine(line: string): { readonly name: string; readonly argument: string } {
  const [, name = "", argument = ""] = /^\/(\S*)\s*([^]*)$/.exec(line) ?? [];
  return { name, argument: argument.trimEnd() };
}
