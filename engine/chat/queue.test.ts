import { describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import type { Outbox } from "#engine/ports.ts";
import { finish, jpeg, row, storedAnswer, text, turn } from "#engine/testing/chat-engine-kit.ts";
import { createChatHarness, type ChatHarness } from "#engine/testing/chat-harness.ts";
import { settle } from "#engine/testing/fake-clock.ts";
import { unreachable } from "#engine/testing/fake-http.ts";
import { createMemoryOutbox } from "./memory-outbox.ts";

const modelFailed = () => new PipitError("MODEL_FAILED", "The model says: 500.");
const shownIds = (h: ChatHarness) => h.state().messages.map(({ id }) => id);

describe("a head that cannot be sent", () => {
  test("F2, U5: is parked after a series of model failures, with the model's words, and the next goes", async () => {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a" });
    const b = await h.engine.send({ text: "b" });
    for (const index of [0, 1, 2]) {
      (await h.transport.call(index)).close(modelFailed());
      await settle();
      h.clock.advance(5_000);
    }
    const next = await h.transport.call(3);
    expect(next.call.clientMessageId).toBe(b);
    expect(h.question(a).status).toMatchObject({
      kind: "failed",
      failure: { code: "MODEL_FAILED", message: "The model says: 500.", retryable: true },
    });
    finish(next, turn(), text("B"));
    await h.engine.idle();
    expect(await h.outbox.list("ann")).toMatchObject([
      { clientMessageId: a, state: { kind: "parked", failure: { code: "MODEL_FAILED" } } },
    ]);
    expect(h.state().queuedCount).toBe(0);
  });

  test("F1: an unreachable model is asked five series, an unreachable server as long as it takes", async () => {
    for (const [error, isParked] of [
      [new PipitError("MODEL_UNREACHABLE", "No model."), true],
      [unreachable(), false],
    ] as const) {
      const h = createChatHarness();
      const a = await h.engine.send({ text: "a" });
      for (let round = 0; round < 40; round += 1) {
        await settle();
        for (const call of h.transport.calls) if (!call.signal.aborted) call.close(error);
        await settle();
        h.clock.advance(60_000);
      }
      expect(h.question(a).status.kind).toBe(isParked ? "failed" : "queued");
    }
  });

  test("F2: is set aside by hand, and the next goes", async () => {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a" });
    const b = await h.engine.send({ text: "b" });
    await h.transport.call(0);
    await h.engine.park(a);
    expect(h.question(a).status).toMatchObject({ kind: "failed", failure: { code: "CANCELLED" } });
    expect((await h.transport.call(1)).call.clientMessageId).toBe(b);
    await expect(h.engine.park("unknown")).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });

  test("CMR-D2: is shown after a restart, with text and reason, and not sent until the person says so", async () => {
    const failure = { code: "NOT_ALLOWED", message: "No.", retryable: false } as const;
    const parked = { ...row("m1", "chat"), state: { kind: "parked", failure, sinceMs: 5 } } as const;
    const h = createChatHarness({ outbox: createMemoryOutbox([parked, row("m2", "chat")]) });
    await h.engine.resume();
    const call = await h.transport.call(0);
    expect(call.call.clientMessageId).toBe("m2");
    expect(h.question("m1")).toMatchObject({ text: "text of m1", status: { kind: "failed", failure } });
    finish(call, turn(), text("2"));
    await h.engine.idle();
    await h.engine.retry("m1");
    finish(await h.transport.call(1), turn(), text("1"));
    await h.engine.idle();
    expect(await h.queued()).toEqual([]);
    expect(shownIds(h)).toEqual(["m2", "m2/answer", "m1", "m1/answer"]);
  });

  test("F2: of a chat that is not on show can be retried and dropped too", async () => {
    const failure = { code: "NOT_ALLOWED", message: "No.", retryable: false } as const;
    const parked = (id: string) =>
      ({ ...row(id, "other"), state: { kind: "parked", failure, sinceMs: 5 } }) as const;
    const h = createChatHarness({ outbox: createMemoryOutbox([parked("m1"), parked("m2")]) });
    h.engine.openChat("shown", []);
    await h.engine.resume();
    await h.engine.discard("m1");
    expect(await h.queued()).toEqual(["m2"]);
    await h.engine.retry("m2");
    expect((await h.transport.call(0)).call).toMatchObject({ clientMessageId: "m2", chatId: "other" });
  });
});

test("CMR-D3: an edit that cannot be stored leaves the old message, and it is sent", async () => {
  const memory = createMemoryOutbox();
  const replace: Outbox["replace"] = async () => {
    throw new PipitError("STORAGE_FULL", "Full.");
  };
  const h = createChatHarness({ outbox: { ...memory, replace } });
  const a = await h.engine.send({ text: "a", image: jpeg() });
  await expect(h.engine.editAndResend(a, "b")).rejects.toMatchObject({ code: "STORAGE_FULL" });
  const call = await h.transport.call(0);
  expect(call.call.clientMessageId).toBe(a);
  expect(call.signal.aborted).toBe(false);
  expect(shownIds(h)).toEqual([a]);
});

test("CMR-D3: an edit of a waiting message takes its place, picture included", async () => {
  const h = createChatHarness();
  const a = await h.engine.send({ text: "a" });
  const b = await h.engine.send({ text: "b", image: jpeg() });
  const first = await h.transport.call(0);
  const c = await h.engine.editAndResend(b, "c");
  expect(await h.queued()).toEqual([a, c]);
  finish(first, turn("chat"), text("A"));
  const { call } = await h.transport.call(1);
  expect(call).toMatchObject({ clientMessageId: c, prompt: "c", chatId: "chat" });
  expect(call.image?.bytes).toEqual(jpeg().bytes);
});

/** One message, which the server could not be reached for, waits. */
async function waiting() {
  const h = createChatHarness({ outbox: createMemoryOutbox([row("m1", "chat")]) });
  await h.engine.resume();
  const call = await h.transport.call(0);
  call.close(unreachable());
  await settle();
  for (const index of [1, 2]) {
    h.clock.advance(5_000);
    (await h.transport.call(index)).close(unreachable());
    await settle();
  }
  await h.engine.idle();
  return h;
}

test("a turn that is still being answered, for another program or after a reload, keeps its row", async () => {
  const h = await waiting();
  const asked = { id: "m1", turnId: "t1", text: "text of m1", createdAtMs: 1 };
  h.engine.openChat("chat", [{ ...asked, role: "user", status: { kind: "answered" } }]);
  await settle();
  expect(await h.queued()).toEqual(["m1"]);
  expect(h.state().messages).toMatchObject([{ id: "m1", turnId: "t1", status: { kind: "queued" } }]);
});

test("CMR-D8: a done turn whose row still waits is shown once, and the row goes", async () => {
  const h = await waiting();
  h.engine.openChat("chat", [
    {
      role: "user",
      id: "m1",
      turnId: "t1",
      text: "text of m1",
      createdAtMs: 1,
      status: { kind: "answered" },
    },
    { ...storedAnswer, id: "m1/answer", replyTo: "m1" },
  ]);
  await settle();
  expect(h.state().messages).toMatchObject([
    { id: "m1", turnId: "t1", status: { kind: "answered" } },
    { id: "m1/answer" },
  ]);
  expect([await h.queued(), h.transport.calls.length]).toEqual([[], 3]);
});

test.each(["cancel", "discard"] as const)(
  "U7: %s while the disk is full takes the message out as soon as there is room",
  async (how) => {
    const memory = createMemoryOutbox();
    let isFull = false;
    const guard = async (work: Promise<void>) =>
      isFull ? Promise.reject(new PipitError("STORAGE_FULL", "The disk is full.")) : work;
    const h = createChatHarness({
      outbox: {
        ...memory,
        setState: (id, state) => guard(isFull ? Promise.resolve() : memory.setState(id, state)),
        remove: (id) => guard(isFull ? Promise.resolve() : memory.remove(id)),
      },
    });
    h.engine.openChat("chat", []);
    const a = await h.engine.send({ text: "a" });
    const refused = new PipitError("MODEL_REFUSED", "Never.");
    const call = await h.transport.call(0);
    if (how === "discard") call.close(refused);
    await settle();
    isFull = true;
    await (how === "cancel" ? h.engine.cancel() : h.engine.discard(a));
    await settle();
    isFull = false;
    h.clock.advance(1_000);
    await settle();
    expect(await memory.list("ann")).toEqual([]);
    expect(h.transport.calls).toHaveLength(1);
    await h.engine.idle();
  },
);

test("CMR-D5: a stopped message says so only when that would survive a crash", async () => {
  const memory = createMemoryOutbox();
  const marked = Promise.withResolvers<void>();
  const setState: Outbox["setState"] = async (id, state) => {
    await marked.promise;
    await memory.setState(id, state);
  };
  const remove = async () => {
    throw new Error("disk I/O error");
  };
  const h = createChatHarness({ outbox: { ...memory, setState, remove } });
  const a = await h.engine.send({ text: "a" });
  const call = await h.transport.call(0);
  const cancelled = h.engine.cancel();
  await settle();
  expect([call.signal.aborted, h.question(a).status.kind]).toEqual([true, "sending"]);
  marked.resolve();
  await cancelled;
  expect(h.question(a).status.kind).toBe("cancelled");
  // The row is still there; the next run neither sends nor shows it.
  const next = createChatHarness({ outbox: memory });
  await next.engine.resume();
  await settle();
  expect([next.transport.calls.length, shownIds(next), await next.queued()]).toEqual([0, [], []]);
});
