import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { printLine, type Terminal } from "../kit/terminal.ts";
import { createPasteInput, editorShown, fromEditor } from "./paste.ts";

/** Lines that a person types, or that a pipe delivers. */
export type LineInput = ReturnType<typeof createLineInput>;

export interface LineInputOptions {
  readonly terminal: Terminal;
  readonly prompt: string;
  /** Ctrl-C, at the prompt or while an answer runs. */
  readonly onInterrupt: () => void;
  /** Whole lines that begin with the one before the cursor. */
  readonly complete?: (line: string) => Promise<readonly string[]>;
}

/**
 * Reads lines with editing and recall on a terminal, plainly from a pipe. What is typed while an answer streams is not
 * echoed into it; it stands at the prompt afterwards.
 */
export function createLineInput(options: LineInputOptions) {
  const { terminal } = options;
  const interactive = terminal.stdin.isTTY === true && terminal.stdout.isTTY === true;
  let muted = true;
  const echo = createEcho(terminal, () => muted);
  const paste = interactive ? createPasteInput(terminal) : undefined;
  const lines = createInterface({
    ...(paste === undefined
      ? { input: terminal.stdin, terminal: false }
      : { input: paste.input, output: echo, terminal: true, completer: completerOf(options.complete) }),
    prompt: options.prompt,
    historySize: 500,
  });
  const ready: { readonly text: string; readonly echoed: boolean }[] = [];
  const ended = new AbortController();
  let wake: (() => void) | undefined;
  lines.on("line", (text) => {
    ready.push({ text: fromEditor(text), echoed: !muted });
    // At once: keys that came in the same moment as Enter must not be echoed into the answer.
    muted = true;
    wake?.();
  });
  lines.on("close", () => {
    ended.abort();
    wake?.();
  });
  // After a suspension; readline itself stays paused.
  lines.on("SIGCONT", () => lines.resume());
  if (interactive) lines.on("SIGINT", options.onInterrupt);
  else process.on("SIGINT", options.onInterrupt);

  // Readline documents no way to tell it how many rows above the cursor the line begins on the screen.
  const beginsAbove = (rows: number): void => {
    (lines as unknown as { prevRows: number }).prevRows = rows;
  };
  const onResize = (): void => {
    // The terminal has broken the line anew.
    beginsAbove(lines.getCursorPos().rows);
    echo.emit("resize");
  };
  terminal.stdout.on("resize", onResize);
  const isOpen = (): boolean => interactive && !muted;
  return {
    /** The prompt is on the screen, with what has been typed so far. */
    isOpen,
    /** Prints whole lines; at the prompt above it, and what has been typed so far stays. */
    above(print: () => void): void {
      if (!isOpen()) return print();
      const { rows } = lines.getCursorPos();
      terminal.stdout.write(`\r${rows > 0 ? `\u001B[${rows}A` : ""}\u001B[J`);
      print();
      beginsAbove(0);
      lines.prompt(true);
    },
    /** The next line; undefined at the end of input. Shows the prompt on a terminal. */
    async next(): Promise<string | undefined> {
      if (interactive && ready.length === 0 && !ended.signal.aborted) {
        muted = false;
        lines.prompt(true);
      }
      while (ready.length === 0 && !ended.signal.aborted) {
        await new Promise<void>((resolve) => (wake = resolve));
      }
      wake = undefined;
      muted = true;
      const line = ready.shift();
      // Typed while an answer streamed: it is shown where it is taken up.
      if (interactive && line?.echoed === false) {
        terminal.stdout.write(options.prompt);
        printLine(terminal, line.text);
      }
      return line?.text;
    },
    /** Takes a secret line out of the recallable history. */
    forgetLast(): void {
      // `history` is documented (node:readline, event "history") but missing from the types of the interface.
      const { history } = lines as unknown as { readonly history?: string[] };
      history?.shift();
    },
    [Symbol.dispose](): void {
      process.off("SIGINT", options.onInterrupt);
      terminal.stdout.off("resize", onResize);
      lines.close();
      paste?.[Symbol.dispose]();
    },
  };
}

/** Where readline writes. */
function createEcho({ stdout }: Terminal, isMuted: () => boolean): Writable {
  const echo = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!isMuted()) stdout.write(editorShown(chunk.toString()));
      // Not when stdout has taken it: a chunk that waited here would be judged by a later `isMuted`.
      done();
    },
  });
  // Of a line that is longer than the screen is wide, readline must know the rows.
  return Object.defineProperty(echo, "columns", { get: () => stdout.columns });
}

/** For readline; a line that cannot be completed stays as it is. */
function completerOf(complete: LineInputOptions["complete"]) {
  return (line: string, done: (error: null, result: [string[], string]) => void): void => {
    const candidates = complete?.(line) ?? Promise.resolve([]);
    candidates.then(
      (found) => done(null, [[...found], line]),
      () => done(null, [[], line]),
    );
  };
}
