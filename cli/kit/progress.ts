import { performance } from "node:perf_hooks";
import { visible } from "#contract/terminal-text.ts";
import type { Terminal } from "./terminal.ts";

const REDRAW_MS = 100;
const CLEAR_LINE = "\r\u001B[K";

/** One line of stderr that says how far something is; on no terminal, nothing is shown. Disposing takes it away. */
export function openProgress({ stderr, dumb }: Terminal): Disposable & { show(text: string): void } {
  const isShown = stderr.isTTY === true && dumb !== true;
  let drawnAtMs = -Infinity;
  return {
    show(text) {
      if (!isShown || performance.now() - drawnAtMs < REDRAW_MS) return;
      drawnAtMs = performance.now();
      stderr.write(`${CLEAR_LINE}${visible(text).slice(0, (stderr.columns ?? 80) - 1)}`);
    },
    [Symbol.dispose]() {
      if (drawnAtMs !== -Infinity) stderr.write(CLEAR_LINE);
    },
  };
}
