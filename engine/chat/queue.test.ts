import { describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import type { Outbox } from "#engine/ports.ts";
import { finish, jpeg, row, text, turn } from "#engine/testing/chat-engine-kit.ts";
import { createChatHarness, type ChatHarness } from "#engine/testing/chat-harness.ts";
import { settle } from "#engine/testing/fake-clock.ts";
import { json, unreachable } from "#engine/testing/fake-http.ts";
import { createMemoryOutbox } from "./memory-outbox.ts";

const modelFailed = () => new PipitError("MODEL_FAILED", "The model says: 500.");
const shownIds = (h: ChatHarness) => h.state().messages.map(({ id }) => id);

/** Two programs on one home: the claims of each are its own. */
function shared(outbox: Outbox, claims: Map<string, string>, me: string): Outbox {
  return {
    ...outbox,
    async claim(chatKey) {
      if ((claims.get(chatKey) ?? me) !== me) return false;
      claims.set(chatKey, me);
      return true;
    },
    async release(chatKey) {
      if (claims.get(chatKey) === me) claims.delete(chatKey);
    },
  };
}

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

test("CMR-D1: rows behind stay in one chat when the rename fails, and none is removed before it is done", async () => {
  const memory = createMemoryOutbox();
  let broken = true;
  const outbox: Outbox = {
    ...memory,
    async renameChat(from, to) {
      if (broken) throw new Error("disk I/O error");
      await memory.renameChat(from, to);
    },
  };
  const h = createChatHarness({ outbox });
  const a = await h.engine.send({ text: "a" });
  const b = await h.engine.send({ text: "b" });
  finish(await h.transport.call(0), turn("chat"), text("A"));
  const second = await h.transport.call(1);
  expect(second.call).toMatchObject({ clientMessageId: b, chatId: "chat" });
  expect(await h.queued()).toEqual([a, b]);
  broken = false;
  finish(second, turn("chat"), text("B"));
  await h.engine.idle();
  expect(await h.queued()).toEqual([]);
});

test("CMR-D1: a rename that keeps failing is repeated when all is answered", async () => {
  const memory = createMemoryOutbox();
  let broken = true;
  const renameChat: Outbox["renameChat"] = async (from, to) => {
    if (broken) throw new Error("disk I/O error");
    await memory.renameChat(from, to);
  };
  const h = createChatHarness({ outbox: { ...memory, renameChat } });
  const a = await h.engine.send({ text: "a" });
  finish(await h.transport.call(0), turn("chat"), text("A"));
  await h.engine.idle();
  expect(await h.queued()).toEqual([a]);
  broken = false;
  h.clock.advance(1_000);
  await settle();
  expect(await h.queued()).toEqual([]);
});

test("CMR-D1: a message that the server has in another chat does not draw the rows of its chat there", async () => {
  const h = createChatHarness({ outbox: createMemoryOutbox([row("m1", "chat"), row("m2", "chat")]) });
  h.engine.openChat("chat", []);
  await h.engine.resume();
  finish(await h.transport.call(0), turn("other"), text("1"));
  expect((await h.transport.call(1)).call).toMatchObject({ clientMessageId: "m2", chatId: "chat" });
  expect([h.state().chatId, h.text("m1")]).toEqual(["chat", "1"]);
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

const storedAnswer = {
  role: "assistant",
  turnId: "t1",
  parts: [{ kind: "text", text: "A" }],
  status: "done",
  replayed: true,
  createdAtMs: 1,
} as const;

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

describe("two programs on one home", () => {
  function programs() {
    const memory = createMemoryOutbox();
    const claims = new Map<string, string>();
    const [one, two] = ["one", "two"].map((me) =>
      createChatHarness({
        outbox: shared(memory, claims, me),
        newId: () => `${me}-${crypto.randomUUID()}`,
      }),
    );
    if (one === undefined || two === undefined) throw new Error("there are two");
    for (const h of [one, two]) h.engine.openChat("chat", []);
    return { memory, claims, one, two };
  }

  test("CMR-D4, CMR-D6: one sends for a chat, in order, whoever wrote; the other one sees it go", async () => {
    const { one, two } = programs();
    const a = await one.engine.send({ text: "a" });
    const first = await one.transport.call(0);
    const b = await two.engine.send({ text: "b" });
    await two.engine.resume();
    await two.engine.idle();
    expect(two.question(a).status).toEqual({ kind: "queued", elsewhere: true });
    expect(two.question(b).status).toEqual({ kind: "queued" });
    finish(first, turn("chat"), text("A"));
    const second = await one.transport.call(1);
    expect(second.call.clientMessageId).toBe(b);
    two.clock.advance(1_000);
    await settle();
    expect(shownIds(two)).toEqual([b]);
    finish(second, turn("chat"), text("B"));
    await one.engine.idle();
    two.clock.advance(1_000);
    await settle();
    expect([two.transport.calls.length, shownIds(two)]).toEqual([0, []]);
  });

  test("CMR-D4: what the one was answered is shown by the other", async () => {
    const memory = createMemoryOutbox();
    const claims = new Map<string, string>();
    const one = createChatHarness({ outbox: shared(memory, claims, "one") });
    const two = createChatHarness({ outbox: shared(memory, claims, "two") });
    two.http.answer(({ path }) => {
      const stored = { id: "1", client_message_id: "id-1", role: "user", content: path, created_at: 1 };
      return json(200, { data: [stored] });
    });
    for (const h of [one, two]) h.engine.openChat("chat", []);
    await one.engine.send({ text: "a" });
    const call = await one.transport.call(0);
    await two.engine.resume();
    await two.engine.idle();
    finish(call, turn("chat"), text("A"));
    await one.engine.idle();
    two.clock.advance(1_000);
    await settle();
    expect(two.state().messages).toMatchObject([{ id: "id-1", text: "/v1/chats/chat/messages" }]);
  });

  test("CMR-D8: a message that the one still hears is not taken from it by the other, which finds it answered", async () => {
    const { one, two, memory } = programs();
    const a = await one.engine.send({ text: "a" });
    const call = await one.transport.call(0);
    call.emit(turn("chat"), text("A"));
    await two.engine.resume();
    await two.engine.idle();
    const asked = { role: "user", id: a, turnId: "t1", text: "a", createdAtMs: 1 } as const;
    const answer = { ...storedAnswer, id: `${a}/answer`, replyTo: a };
    two.engine.openChat("chat", [{ ...asked, status: { kind: "answered" } }, answer]);
    await settle();
    // The server goes before it has spoken to the end.
    call.close(unreachable());
    await one.engine.send({ text: "b" });
    await one.engine.resume();
    await settle();
    expect([await memory.list("ann"), one.question(a).id]).toMatchObject([
      [{ clientMessageId: a }, { text: "b" }],
      a,
    ]);
    expect(two.state().messages).toMatchObject([{ id: a, status: { kind: "answered" } }, { id: answer.id }]);
  });

  test("F2: a message that could not be stored does not keep its chat from the other program", async () => {
    const memory = createMemoryOutbox();
    const claims = new Map<string, string>();
    const full = async () => Promise.reject(new PipitError("STORAGE_FULL", "The disk is full."));
    const one = createChatHarness({ outbox: { ...shared(memory, claims, "one"), add: full } });
    const two = createChatHarness({ outbox: shared(memory, claims, "two") });
    for (const h of [one, two]) h.engine.openChat("chat", []);
    await expect(one.engine.send({ text: "a" })).rejects.toThrow("full");
    const b = await two.engine.send({ text: "b" });
    expect((await two.transport.call(0)).call.clientMessageId).toBe(b);
  });

  test("CMR-D4: the other takes over when the one has died", async () => {
    const { claims, one, two } = programs();
    const a = await one.engine.send({ text: "a" });
    await one.transport.call(0);
    await two.engine.resume();
    await two.engine.idle();
    // As by kill -9: its lock is gone, its row is not.
    claims.clear();
    two.clock.advance(1_000);
    finish(await two.transport.call(0), turn("chat"), text("A"));
    await two.engine.idle();
    expect([two.text(a), await two.queued()]).toEqual(["A", []]);
  });

  test("CMR-D6: the other takes over in the order in which both wrote", async () => {
    const { claims, one, two } = programs();
    await two.engine.resume();
    const a = await one.engine.send({ text: "a" });
    await one.transport.call(0);
    const b = await one.engine.send({ text: "b" });
    const c = await two.engine.send({ text: "c" });
    await settle();
    claims.clear();
    two.clock.advance(1_000);
    for (const [index, id] of [a, b, c].entries()) {
      const call = await two.transport.call(index);
      expect(call.call.clientMessageId).toBe(id);
      finish(call, turn("chat"), text("A"));
    }
  });

  test("CMR-D6: a chat that is named by the one is followed by the other", async () => {
    const { memory, claims } = programs();
    await memory.add(row("m1", "new:x"));
    await memory.add(row("m2", "new:x"));
    const [one, two] = ["one", "two"].map((me) => createChatHarness({ outbox: shared(memory, claims, me) }));
    await one?.engine.resume();
    const first = await one?.transport.call(0);
    await two?.engine.resume();
    if (first !== undefined) finish(first, turn("chat-x"), text("1"));
    await settle();
    claims.set("chat-x", "one");
    two?.clock.advance(1_000);
    await settle();
    expect(two === undefined ? [] : shownIds(two)).toEqual(["m2"]);
    claims.clear();
    two?.clock.advance(1_000);
    expect((await two?.transport.call(0))?.call).toMatchObject({ clientMessageId: "m2", chatId: "chat-x" });
  });
});
