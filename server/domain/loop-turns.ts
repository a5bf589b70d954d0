import { setImmediate as nextTurn } from "node:timers/promises";

const HOLD_MS = 5;

/** Gives the event loop a turn as often as work in small steps would hold it up. */
export class LoopTurns {
  #sinceMs = performance.now();

  /** Between two steps. */
  async give(): Promise<void> {
    if (performance.now() - this.#sinceMs < HOLD_MS) return;
    await nextTurn();
    this.#sinceMs = performance.now();
  }
}
