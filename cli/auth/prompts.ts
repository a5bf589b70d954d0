import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { PipitError } from "#contract/pipit-error.ts";
import type { Terminal } from "../kit/terminal.ts";

/** Questions to a person at a terminal. */
export interface Prompts extends Disposable {
  /** Aborts when the person gives up. */
  readonly signal: AbortSignal;
  /** One line, which is shown while it is typed or not. @throws PipitError CANCELLED */
  ask(question: string, hidden?: boolean): Promise<string>;
}

/**
 * Asks at a terminal, on stderr. From the first question to the end nothing is echoed that is not the answer to a visible
 * one; Ctrl-C and the end of input give up. Dispose of it, and the terminal is as it was.
 */
export function openPrompts({ stdin, stderr }: Terminal): Prompts {
  const stop = new AbortController();
  let echoes = false;
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (echoes) stderr.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input: stdin, output, terminal: true, historySize: 0 });
  const ready: string[] = [];
  let wake: (() => void) | undefined;
  lines.on("line", (text) => {
    // At once: what came in the same moment may be the password.
    echoes = false;
    ready.push(text);
    wake?.();
  });
  const giveUp = (): void => {
    stop.abort(new PipitError("CANCELLED", "Cancelled."));
    wake?.();
  };
  lines.on("SIGINT", giveUp);
  lines.on("close", giveUp);
  return {
    signal: stop.signal,
    async ask(question, hidden = false) {
      if (hidden) stderr.write(`${question}: `);
      else {
        echoes = true;
        lines.setPrompt(`${question}: `);
        lines.prompt();
      }
      while (ready.length === 0 && !stop.signal.aborted)
        await new Promise<void>((resolve) => (wake = resolve));
      const answer = ready.shift();
      if (hidden || answer === undefined) stderr.write("\n");
      stop.signal.throwIfAborted();
      return answer ?? "";
    },
    [Symbol.dispose]: () => lines.close(),
  };
}
