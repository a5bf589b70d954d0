import { printText, type Terminal, type TextScreen } from "../kit/terminal.ts";

/** The terminal with Markdown, where it can show it: a pipe gets data, and need not wait for the parser to be loaded. */
export async function withMarkdown(terminal: Terminal): Promise<Terminal> {
  if (terminal.stdout.isTTY !== true || terminal.dumb === true) return terminal;
  const { createMarkdownScreen } = await import("../markdown/markdown-screen.ts");
  return { ...terminal, openMarkdown: createMarkdownScreen };
}

/** Opens a place for the text of one answer. */
export function openTextScreen(terminal: Terminal): TextScreen {
  if (terminal.openMarkdown !== undefined) return terminal.openMarkdown(terminal);
  const { stdout } = terminal;
  let isMidLine = false;
  const endLine = (): void => {
    if (isMidLine) printText(terminal, "\n");
    isMidLine = false;
  };
  return {
    write(text) {
      printText(terminal, text);
      if (text !== "") isMidLine = !text.endsWith("\n");
    },
    giveWay() {
      if (stdout.isTTY === true) endLine();
    },
    end: endLine,
  };
}

/** Shows a whole text. */
export function showText(terminal: Terminal, text: string): void {
  const screen = openTextScreen(terminal);
  screen.write(text);
  screen.end();
}
