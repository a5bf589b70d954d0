import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { MessageBus } from "./message-bus.ts";

/** How long the other servers' answers are waited for. */
const ANSWERS_WAIT_MS = 500;

interface Answer<T> {
  readonly id: string;
  /** Absent: of another version of the program. */
  readonly answer?: T;
}

/**
 * A question to all servers, this one too. `answer` has been called in this process when the call returns its promise; that resolves to
 * the answers that came within 500 ms.
 *
 * @param channel the same in all processes, and of this question alone
 */
export function createQuestion<Question extends object, T>(
  bus: MessageBus,
  channel: string,
  answer: (question: Question) => T,
): (question: Question) => Promise<readonly T[]> {
  const replyTo = `${channel}:${randomUUID()}`;
  const waiting = new Map<string, (answer: T | undefined) => void>();
  bus.subscribe<Question & { readonly id: string; readonly replyTo: string }>(channel, (asked) => {
    void bus.publish(asked.replyTo, { id: asked.id, answer: answer(asked) });
  });
  bus.subscribe<Answer<T>>(replyTo, (said) => waiting.get(said.id)?.(said.answer));

  return async (question) => {
    const id = randomUUID();
    const answers: T[] = [];
    const complete = Promise.withResolvers<void>();
    let count = 0;
    let expected = Number.POSITIVE_INFINITY;
    const check = (): void => {
      if (count >= expected) complete.resolve();
    };
    waiting.set(id, (said) => {
      if (said !== undefined) answers.push(said);
      count += 1;
      check();
    });
    try {
      expected = 1 + (await bus.publish(channel, { ...question, id, replyTo }));
      check();
      await Promise.race([complete.promise, sleep(ANSWERS_WAIT_MS, undefined, { ref: false })]);
      return answers;
    } finally {
      waiting.delete(id);
    }
  };
}
