import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { MessageBus } from "../message-bus.ts";

/** How long an interrupt waits for the other servers' reports of what they stopped. */
const ANSWERS_WAIT_MS = 500;
/** On the bus: whose streams are to be stopped, to all servers. */
const CHANNEL = "interrupts";

/** Stops what a person's machine listens to in this process; the session ids of what was stopped. */
type StopStreams = (userId: string, hardwareId: string) => readonly string[];

/** The same in all processes. */
export type Interrupt = (userId: string, hardwareId: string) => Promise<readonly string[]>;

interface Asked {
  readonly id: string;
  readonly replyTo: string;
  readonly userId: string;
  readonly hardwareId: string;
}
interface Stopped {
  readonly id: string;
  readonly sessions: readonly string[];
}

/** What runs in this process has been stopped when the call returns its promise. */
export function createInterrupt(bus: MessageBus, stop: StopStreams): Interrupt {
  const replyTo = `${CHANNEL}:${randomUUID()}`;
  const waiting = new Map<string, (sessions: readonly string[]) => void>();
  bus.subscribe<Asked>(CHANNEL, ({ id, replyTo: asker, userId, hardwareId }) => {
    void bus.publish(asker, { id, sessions: stop(userId, hardwareId) });
  });
  bus.subscribe<Stopped>(replyTo, ({ id, sessions }) => waiting.get(id)?.(sessions));

  return async (userId, hardwareId) => {
    const id = randomUUID();
    // Two servers report one session when one of them passes on an answer of the other.
    const all = new Set<string>();
    const complete = Promise.withResolvers<void>();
    let answers = 0;
    let expected = Number.POSITIVE_INFINITY;
    const check = (): void => {
      if (answers >= expected) complete.resolve();
    };
    waiting.set(id, (sessions) => {
      for (const session of sessions) all.add(session);
      answers += 1;
      check();
    });
    try {
      expected = 1 + (await bus.publish(CHANNEL, { id, replyTo, userId, hardwareId }));
      check();
      await Promise.race([complete.promise, sleep(ANSWERS_WAIT_MS, undefined, { ref: false })]);
      return [...all];
    } finally {
      waiting.delete(id);
    }
  };
}
