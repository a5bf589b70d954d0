import { styleText } from "node:util";
import type { Readable, Writable } from "node:stream";

/** The three standard streams and what they can show; injected so that tests run commands in process. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  /** Colour on stdout; follows NO_COLOR and FORCE_COLOR. */
  readonly colour: boolean;
}

type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** `text` in a style where the terminal shows colour, plain text elsewhere. */
export function paint(terminal: Terminal, style: Style, text: string): string {
  // `validateStream: false`: whether to colour was decided once, in the terminal.
  return terminal.colour ? styleText(style, text, { validateStream: false }) : text;
}

/** Writes a line to stdout. */
export function printLine(terminal: Terminal, line = ""): void {
  terminal.stdout.write(`${line}\n`);
}

/** Writes a line to stderr: everything that is not the answer itself. */
export function printNote(terminal: Terminal, line: string): void {
  terminal.stderr.write(`${line}\n`);
}
