import type { Terminal } from "./terminal.ts";

/**
 * All of standard input, as text. Bytes are decoded across the pieces in which a pipe delivers them.
 *
 * @returns undefined when it is longer than `maxChars` (UTF-16 units)
 * @throws TypeError when it is not UTF-8
 */
export async function readStdin(stdin: Terminal["stdin"], maxChars: number): Promise<string | undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  for await (const chunk of stdin) {
    text += decoder.decode(chunk as Buffer, { stream: true });
    if (text.length > maxChars) return undefined;
  }
  text += decoder.decode();
  return text.length > maxChars ? undefined : text;
}
