import { PipitError } from "#contract/pipit-error.ts";
import type { ReadText } from "./file-text.ts";

/** Of so many characters one may be a control character that no text has: more, and it is another kind of file. */
const CHARS_PER_CONTROL = 200;

/**
 * UTF-8, or UTF-16 with a byte order mark.
 *
 * @param hasMore the file goes on after these bytes
 * @throws PipitError FILE_UNSUPPORTED for what is no text
 */
export function plainText(bytes: Uint8Array, hasMore: boolean, name: string): ReadText {
  try {
    // With `stream` a character that the bytes end in is left out. A byte order mark is no part of the text.
    const text = new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes, { stream: hasMore });
    // Programs write colours into their logs.
    const controls = text.replaceAll("\u001B[", "").match(/(?!\s)\p{Cc}/gu)?.length ?? 0;
    if (text.includes("\0") || controls * CHARS_PER_CONTROL > text.length) throw new Error("not a text");
    return { text, cut: hasMore };
  } catch (cause) {
    const message = `${name} is neither text in UTF-8 or UTF-16, nor a PDF, nor a Word document (docx).`;
    throw new PipitError("FILE_UNSUPPORTED", message, { cause });
  }
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}
