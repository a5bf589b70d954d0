import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { parseExactJson } from "#contract/events/exact-json.ts";
import type { Terminal } from "../kit/terminal.ts";
import { ToldError } from "../kit/told-error.ts";
import type { EventWords } from "./event-words.ts";

const MIB = 1024 * 1024;
/** All of the input, in UTF-16 code units: it is read before any of it is queued. */
const INPUT_MAX_CHARS = 64 * MIB;
/** One line: the largest event with every sign of it written as an escape. What has no lines at all ends here. */
const LINE_MAX_CHARS = 2 * MIB;

/** What a line of the input says. */
export interface EventLine {
  /** From 1. */
  readonly number: number;
  readonly value: unknown;
}

/**
 * The lines of a file, or of standard input for "-", that are not empty. No more is read than is taken.
 *
 * @throws ToldError USAGE naming the line
 */
export async function readEventLines(
  file: string,
  { stdin }: Terminal,
  words: EventWords,
): Promise<readonly EventLine[]> {
  const input = file === "-" ? stdin : createReadStream(resolve(file));
  const lines: EventLine[] = [];
  let number = 0;
  try {
    for await (const line of linesOf(input, words)) {
      number += 1;
      if (line.length > LINE_MAX_CHARS)
        throw new ToldError("USAGE", words.fault(String(number), words.longLine(LINE_MAX_CHARS / MIB)));
      if (line.trim() !== "") lines.push({ number, value: readLine(line, number, words) });
    }
  } catch (cause) {
    if (cause instanceof ToldError) throw cause;
    const why = cause instanceof TypeError ? words.notText : words.unreadable(file);
    throw new ToldError("USAGE", why, { cause });
  }
  return lines;
}

/** The last of a text that is too long comes as a line of that length. */
async function* linesOf(input: AsyncIterable<unknown>, words: EventWords): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let [rest, chars] = ["", 0];
  for await (const chunk of input) {
    const text = decoder.decode(chunk as Buffer, { stream: true });
    chars += text.length;
    if (chars > INPUT_MAX_CHARS) throw new ToldError("USAGE", words.tooLong(INPUT_MAX_CHARS / MIB));
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
    if (rest.length > LINE_MAX_CHARS) return yield rest;
  }
  yield rest + decoder.decode();
}

function readLine(line: string, number: number, words: EventWords): unknown {
  try {
    return parseExactJson(line);
  } catch (cause) {
    throw new ToldError("USAGE", words.fault(String(number), words.notJson), { cause });
  }
}
