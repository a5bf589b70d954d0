import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { createMemoryBus } from "#server/bus/memory-bus.ts";
import type { Turn } from "../chats/ports.ts";
import { LiveTurn } from "./live-turn.ts";
import { interruptedError, messageKey, TurnRelay } from "./turn-relay.ts";
import type { Question, TurnEvent } from "./turn-types.ts";

// Two relays in one process, on a bus that can lose messages. Two real servers: tests/integration/servers/answers.test.ts.

const question = { clientMessageId: "m", hardwareId: "mac", sessionId: "s" } as Question;
const ownedByA = { ownerId: "a" } as Turn;
const usage: TurnEvent = { type: "usage", inputTokens: 1, outputTokens: 2, model: "hand" };
const text = (words: string): TurnEvent => ({ type: "text", text: words });

let answer: LiveTurn | undefined;
/** Says of each message in JSON whether it is lost. */
let loses: (message: string) => boolean;
/** Messages that a server which stands still has not read yet. */
let unread: (() => void)[] | undefined;
let relay: TurnRelay;

beforeEach(() => {
  vi.useFakeTimers();
  answer = new LiveTurn("ann");
  loses = () => false;
  unread = undefined;
  const memory = createMemoryBus();
  const bus = {
    subscribe: memory.subscribe,
    async publish(channel: string, message: object) {
      const deliver = () => void memory.publish(channel, message);
      if (unread !== undefined) unread.push(deliver);
      else if (!loses(JSON.stringify(message))) setImmediate(deliver);
      return 1;
    },
  };
  void new TurnRelay(bus, "a", async (message) => (message === messageKey("ann", "m") ? answer : undefined));
  relay = new TurnRelay(bus, "b", async () => undefined);
});
afterEach(() => vi.useRealTimers());

/** At the second process: what is taken, and how it ends. */
function follow(userId = "ann") {
  const taken: TurnEvent[] = [];
  const live = new LiveTurn(userId);
  const done = relay
    .follow(ownedByA, question, live, (event) => void taken.push(event))
    .catch((reason: unknown) => PipitError.from(reason).code);
  return { taken, live, done };
}
const settle = () => vi.advanceTimersByTimeAsync(10);

describe("following an answer", () => {
  test("gives what was said and what comes, but nothing about the other's voice, and ends with the usage", async () => {
    answer?.publish(text("One "));
    answer?.publish({ type: "notice", code: "NO_VOICE", text: "No voice there." });
    const { taken, done } = follow();
    await settle();
    expect(taken).toEqual([text("One ")]);
    answer?.publish({ type: "notice", code: "ANSWER_CUT", text: "Cut." });
    answer?.publish(text("two."));
    answer?.publish(usage);
    await settle();
    expect(await done).toBe(true);
    expect(taken.slice(1)).toEqual([
      { type: "notice", code: "ANSWER_CUT", text: "Cut." },
      text("two."),
      usage,
    ]);
  });

  test.each([
    ["that is over", "ann", undefined],
    ["of another person", "bob", new LiveTurn("ann")],
  ])("%s gives nothing", async (_which, userId, running) => {
    answer = running;
    const { taken, done } = follow(userId);
    await settle();
    expect([await done, taken]).toEqual([false, []]);
  });

  test("of which a piece gets lost fails rather than leave the piece out, and the owner is left", async () => {
    const { taken, done } = follow();
    await settle();
    loses = (message) => message.includes("lost");
    for (const words of ["kept ", "lost ", "late "]) answer?.publish(text(words));
    await settle();
    expect([await done, taken]).toEqual(["TURN_RUNNING_ELSEWHERE", [text("kept ")]]);
    expect(answer?.signal.aborted).toBe(true);
  });

  test("goes on while the model thinks, and fails when its owner falls silent for four seconds", async () => {
    const { done, taken } = follow();
    await vi.advanceTimersByTimeAsync(60_000);
    answer?.publish(text("At last."));
    await settle();
    expect(taken).toEqual([text("At last.")]);
    loses = () => true;
    let ended: unknown;
    void done.then((how) => (ended = how));
    await vi.advanceTimersByTimeAsync(2_900);
    expect(ended).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1_200);
    expect(ended).toBe("TURN_RUNNING_ELSEWHERE");
  });

  test.each([
    ["leaves it when the last listener leaves: it goes on for others", false],
    ["stops it for all when its listeners interrupt it", true],
  ])("%s", async (_what, interrupted) => {
    const other = answer?.listen(
      { speak: false, hardwareId: "mac", sessionId: "o" },
      new AbortController().signal,
    );
    void other?.next();
    const { live, done } = follow();
    const leaving = new AbortController();
    const heard = live.listen({ speak: false, hardwareId: "pc", sessionId: "h" }, leaving.signal);
    heard.next().catch(() => undefined);
    await settle();
    if (interrupted) live.stop(interruptedError());
    else leaving.abort();
    await settle();
    expect(await done).toBe("CANCELLED");
    expect(answer?.signal.aborted).toBe(interrupted);
  });

  test("stops it for all also when its owner reads of the interrupt together with the question", async () => {
    const never = new AbortController().signal;
    void answer?.listen({ speak: false, hardwareId: "mac", sessionId: "o" }, never).next();
    unread = [];
    const { live, done } = follow();
    live
      .listen({ speak: false, hardwareId: "pc", sessionId: "h" }, never)
      .next()
      .catch(() => undefined);
    await settle();
    live.stop(interruptedError());
    expect(await done).toBe("CANCELLED");
    const [joined, left] = unread.splice(0);
    unread = undefined;
    joined?.();
    left?.();
    await settle();
    expect(answer?.signal.aborted).toBe(true);
  });

  test.each([
    ["piece of text", () => answer?.publish(text("Hello?"))],
    ["sign of life", () => vi.advanceTimersByTimeAsync(1_000)],
  ])(
    "is left, also when the word of that gets lost: the next %s is answered with another",
    async (_what, say) => {
      const { live, done } = follow();
      await settle();
      loses = (message) => message.includes("leave");
      live.stop(new PipitError("CANCELLED", "Cancelled."));
      await settle();
      expect(await done).toBe("CANCELLED");
      expect(answer?.signal.aborted).toBe(false);
      loses = () => false;
      await say();
      await settle();
      expect(answer?.signal.aborted).toBe(true);
    },
  );
});
