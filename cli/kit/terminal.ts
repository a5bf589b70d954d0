import { styleText } from "node:util";
import type { Readable, Writable } from "node:stream";
import { jsonLine, visibleText } from "#contract/terminal-text.ts";

/** An output and what it can show. */
type Output = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** The three standard streams and what they can show; injected so that tests run commands in process. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  /** Colour on stdout; follows NO_COLOR and FORCE_COLOR. */
  readonly colour: boolean;
  /** It cannot move its cursor (TERM=dumb). */
  readonly dumb?: boolean;
  /** Renders an answer; where it is missing, answers are shown as they are. */
  readonly openMarkdown?: (terminal: Terminal) => TextScreen;
}

type Style = "bold" | "dim" | "italic" | "underline" | "strikethrough" | "red" | "green" | "yellow" | "cyan";

/** Where the text of one answer is shown while it grows. */
export interface TextScreen {
  write(text: string): void;
  /** Something else is about to be written to the screen: what stands there stays, on lines of its own. */
  giveWay(): void;
  /** No more text will come. */
  end(): void;
}

/** A piece of a line: text as it is, or in a style. */
export type Span = string | { readonly style: Style; readonly text: string };

/** `text` in a style where the terminal shows colour. */
export function paint(style: Style, text: string): Span {
  return { style, text };
}

/**
 * Writes a line to stdout. Wherever a piece comes from, it cannot control the terminal; in a pipe it is data, as it is.
 */
export function printLine(terminal: Terminal, ...line: readonly Span[]): void {
  terminal.stdout.write(`${lineText(terminal, line, terminal.stdout.isTTY === true)}\n`);
}

/** Writes a line to stderr: everything that is not the answer itself, and so never data. */
export function printNote(terminal: Terminal, ...line: readonly Span[]): void {
  terminal.stderr.write(`${lineText(terminal, line, true)}\n`);
}

/** Writes a piece of text to stdout as {@link printLine} does, without ending the line. */
export function printText(terminal: Terminal, text: string): void {
  terminal.stdout.write(lineText(terminal, [text], terminal.stdout.isTTY === true));
}

/** Writes one value as a line of JSON to stdout. */
export function printJson(terminal: Terminal, value: unknown): void {
  terminal.stdout.write(jsonLine(value));
}

/** A line as it is written; `onScreen`: what would control a terminal is shown instead. */
export function lineText(terminal: Terminal, line: readonly Span[], onScreen: boolean): string {
  return line
    .map((span) => {
      const text = typeof span === "string" ? span : span.text;
      const shown = onScreen ? visibleText(text) : text;
      // `validateStream: false`: whether to colour was decided once, in the terminal.
      return typeof span === "string" || !terminal.colour
        ? shown
        : styleText(span.style, shown, { validateStream: false });
    })
    .join("");
}
