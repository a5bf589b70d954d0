import { PipitError } from "#contract/pipit-error.ts";

interface Greeting {
  readonly sessionId: string;
  readonly controller: AbortController;
}

/** Greetings that are being spoken, so that InterruptSession reaches them too: they are no turns. */
export class Greetings {
  readonly #running = new Map<string, Set<Greeting>>();

  /** Runs until disposed; its signal follows `outer` and `interrupt`. */
  begin(
    userId: string,
    hardwareId: string,
    sessionId: string,
    outer: AbortSignal,
  ): Disposable & { signal: AbortSignal } {
    const key = keyOf(userId, hardwareId);
    const greeting: Greeting = { sessionId, controller: new AbortController() };
    const here = this.#running.get(key) ?? new Set();
    this.#running.set(key, here.add(greeting));
    return {
      signal: AbortSignal.any([outer, greeting.controller.signal]),
      [Symbol.dispose]: () => {
        here.delete(greeting);
        if (here.size === 0 && this.#running.get(key) === here) this.#running.delete(key);
      },
    };
  }

  /** Session ids of what was stopped. */
  interrupt(userId: string, hardwareId: string): readonly string[] {
    const here = [...(this.#running.get(keyOf(userId, hardwareId)) ?? [])];
    for (const { controller } of here)
      controller.abort(new PipitError("CANCELLED", "This greeting was interrupted."));
    return here.map(({ sessionId }) => sessionId);
  }
}

function keyOf(userId: string, hardwareId: string): string {
  return JSON.stringify([userId, hardwareId]);
}
