import { describe, expect, test } from "vitest";
import { errorCodes, type ErrorCode } from "#contract/error-codes.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { ChatEvent } from "#contract/chat-event.ts";
import type { Outbox, StreamCall } from "#engine/ports.ts";
import { finish, row, text, turn } from "#engine/testing/chat-engine-kit.ts";
import { createChatHarness, type ChatHarness } from "#engine/testing/chat-harness.ts";
import { settle } from "#engine/testing/fake-clock.ts";
import { unreachable } from "#engine/testing/fake-http.ts";
import { seriesLimit } from "#engine/retry/retry-policy.ts";
import { createMemoryOutbox } from "./memory-outbox.ts";

/** Closes every open call with this error, and lets time pass, `rounds` times. */
async function fail(h: ChatHarness, error: PipitError, rounds: number, stepMs = 60_000): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await settle();
    for (const call of h.transport.calls) if (!call.left()) call.close(error);
    await settle();
    h.clock.advance(stepMs);
  }
  await settle();
}

const codes = Object.keys(errorCodes) as ErrorCode[];

test.each(codes)(
  "F2: after %s a message is kept, and either it waits for it or the next one goes",
  async (code) => {
    const h = createChatHarness();
    h.engine.openChat("chat", []);
    const a = await h.engine.send({ text: "a" });
    const b = await h.engine.send({ text: "b" });
    const error = new PipitError(code, "Why.");
    await fail(h, error, 1);
    for (const call of h.transport.calls)
      if (!call.left() && call.call.clientMessageId === a) call.close(error);
    await fail(h, error, 30);
    expect(await h.queued()).toEqual([a, b]);
    const [first] = await h.outbox.list("ann");
    const asked = h.transport.calls.map(({ call }) => call.clientMessageId);
    const isSignIn = ["SIGNED_OUT", "ACCOUNT_CLOSED"].includes(code) || code.startsWith("TOKEN_");
    const waits = isSignIn || (errorCodes[code].retry && seriesLimit(error) === Infinity);
    expect([first?.state.kind, asked.includes(b)]).toEqual(waits ? ["waiting", false] : ["parked", true]);
    await h.engine[Symbol.asyncDispose]();
  },
);

test("F1: a model that is not up yet when the server is reached at last is waited for as from the start", async () => {
  const h = createChatHarness();
  const a = await h.engine.send({ text: "a" });
  await fail(h, unreachable(), 40);
  await fail(h, new PipitError("MODEL_UNREACHABLE", "No model."), 1);
  expect(h.question(a).status.kind).not.toBe("failed");
  await fail(h, new PipitError("MODEL_UNREACHABLE", "No model."), 20);
  expect(h.question(a).status.kind).toBe("failed");
});

test("F1: a model server that asks for hours is asked again in a quarter of one, and at once by hand", async () => {
  const h = createChatHarness();
  const a = await h.engine.send({ text: "a" });
  const later = new PipitError("RATE_LIMITED", "Come back tomorrow.", { retryAfterMs: 40 * 86_400_000 });
  (await h.transport.call(0)).close(later);
  await settle();
  expect(h.question(a).status).toMatchObject({
    reason: { message: "Come back tomorrow." },
    nextTryAtMs: h.clock.nowMs() + 900_000,
  });
  h.clock.advance(900_000);
  (await h.transport.call(1)).close(later);
  await settle();
  await h.engine.retry(a);
  expect((await h.transport.call(2)).call.clientMessageId).toBe(a);
});

test("F1, F2: 45 chats at a cap of 20 answers are all answered, in order, and none is parked", async () => {
  let running = 0;
  let most = 0;
  const ends: (() => void)[] = [];
  const answered: string[] = [];
  async function* answer({ clientMessageId, chatId = "" }: StreamCall): AsyncGenerator<ChatEvent> {
    if (running >= 20) throw new PipitError("STREAM_LIMIT", "20 run.", { retryAfterMs: 2_000 });
    running += 1;
    most = Math.max(most, running);
    try {
      yield turn(chatId);
      await new Promise<void>((resolve) => ends.push(resolve));
      answered.push(clientMessageId);
      yield { type: "end" };
    } finally {
      running -= 1;
    }
  }
  const rows = Array.from({ length: 90 }, (_, index) => row(`m${index}`, `chat-${index % 45}`, index));
  const h = createChatHarness({ outbox: createMemoryOutbox(rows), answer });
  await h.engine.resume();
  for (let round = 0; round < 60 && answered.length < 90; round += 1) {
    await settle();
    ends.shift()?.();
    ends.shift()?.();
    await settle();
    h.clock.advance(2_000);
  }
  expect([answered.length, most, await h.queued()]).toEqual([90, 20, []]);
  const place = (index: number) => answered.indexOf(`m${index}`);
  expect(rows.slice(0, 45).filter((_, index) => place(index) > place(index + 45))).toEqual([]);
});

describe("a disk that is full", () => {
  function full() {
    const memory = createMemoryOutbox();
    const disk = { isFull: false };
    const setState: Outbox["setState"] = async (id, state) => {
      if (disk.isFull) throw new PipitError("STORAGE_FULL", "The disk is full.");
      await memory.setState(id, state);
    };
    return { memory, disk, h: createChatHarness({ outbox: { ...memory, setState } }) };
  }

  test("F2, CMR-D2: the reason of a refusal is stored as soon as there is room", async () => {
    const { memory, disk, h } = full();
    const a = await h.engine.send({ text: "a" });
    disk.isFull = true;
    (await h.transport.call(0)).close(new PipitError("MODEL_REFUSED", "Never."));
    await settle();
    expect(h.question(a).status.kind).toBe("failed");
    disk.isFull = false;
    h.clock.advance(1_000);
    await settle();
    expect(await memory.list("ann")).toMatchObject([
      { state: { kind: "parked", failure: { code: "MODEL_REFUSED" } } },
    ]);
    expect(h.transport.calls).toHaveLength(1);
  });

  test("F2: what cannot be set aside for good is not said to be", async () => {
    const { disk, h } = full();
    const a = await h.engine.send({ text: "a" });
    const call = await h.transport.call(0);
    disk.isFull = true;
    await expect(h.engine.park(a)).rejects.toMatchObject({ code: "STORAGE_FULL" });
    expect([h.question(a).status.kind, call.signal.aborted]).toEqual(["sending", false]);
    finish(call, turn(), text("A"));
    await h.engine.idle();
    expect(await h.queued()).toEqual([]);
  });
});

test("U8: a stopped message that is asked again stays, although its old row could not be removed at first", async () => {
  const memory = createMemoryOutbox();
  let isBroken = true;
  const remove: Outbox["remove"] = async (id) => {
    if (isBroken) throw new Error("disk I/O error");
    await memory.remove(id);
  };
  const h = createChatHarness({ outbox: { ...memory, remove } });
  const a = await h.engine.send({ text: "a" });
  await h.transport.call(0);
  await h.engine.cancel();
  await h.engine.retry(a);
  h.clock.advance(1_000);
  const again = await h.transport.call(1);
  isBroken = false;
  h.clock.advance(1_000);
  await settle();
  expect(await memory.list("ann")).toMatchObject([{ clientMessageId: a, state: { kind: "waiting" } }]);
  finish(again, turn(), text("A"));
  await h.engine.idle();
  expect([h.text(a), await h.queued()]).toEqual(["A", []]);
});

test("CMR-D6: an account that is left and signed in again at once keeps its chats to itself", async () => {
  const claims = new Set<string>();
  const memory = createMemoryOutbox([row("m1", "chat")]);
  const outbox: Outbox = {
    ...memory,
    async claim(chatKey) {
      claims.add(chatKey);
      return true;
    },
    async release(chatKey) {
      claims.delete(chatKey);
    },
  };
  const h = createChatHarness({ outbox });
  await h.engine.resume();
  const first = await h.transport.call(0);
  h.session.signIn("bob");
  h.session.signIn("ann");
  const second = await h.transport.call(1);
  await settle();
  expect([first.signal.aborted, second.call.clientMessageId, [...claims]]).toEqual([true, "m1", ["chat"]]);
  finish(second, turn("chat"), text("A"));
  await h.engine.idle();
  expect([await h.queued(), [...claims]]).toEqual([[], []]);
});

test("U9: Stop reaches a message between two attempts, one sent again by hand, and one whose chat is shown again", async () => {
  const h = createChatHarness();
  h.engine.openChat("chat", []);
  const a = await h.engine.send({ text: "a" });
  (await h.transport.call(0)).close(unreachable());
  await settle();
  await h.engine.cancel();
  expect(h.question(a).status.kind).toBe("cancelled");
  await h.engine.retry(a);
  (await h.transport.call(1)).emit(turn("chat"), text("half"));
  h.engine.openChat("other", []);
  h.engine.openChat("chat", []);
  await h.engine.cancel();
  await settle();
  expect((await h.transport.call(1)).signal.aborted).toBe(true);
  h.clock.advance(600_000);
  await h.engine.idle();
  expect([h.transport.calls.length, await h.queued()]).toEqual([2, []]);
});
