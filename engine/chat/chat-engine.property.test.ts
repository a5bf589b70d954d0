import { PipitError } from "#contract/pipit-error.ts";
import { describe, expect, test } from "vitest";
import { createMemoryOutbox } from "./memory-outbox.ts";
import type { Outbox } from "#engine/ports.ts";
import { createChatHarness, type ChatHarness } from "#engine/testing/chat-harness.ts";
import { settle } from "#engine/testing/fake-clock.ts";
import {
  answerTo,
  createFaultyServer,
  createRandom,
  type FaultyServer,
} from "#engine/testing/faulty-server.ts";

const SEEDS = Array.from({ length: 60 }, (_, index) => index + 1);
const STEPS = 60;

/** What one random life of an engine did. */
interface Life {
  readonly sent: string[];
  readonly cancelled: Set<string>;
  h: ChatHarness;
}

function start(server: FaultyServer, outbox: Outbox, random: () => number, run: number): ChatHarness {
  let count = 0;
  const newId = () => `r${run}-${String((count += 1)).padStart(4, "0")}`;
  return createChatHarness({ answer: server.answer, outbox, random, newId });
}

/** Signed out by too many refused tokens: comes back like a person who signs in again. */
function stayRunning(h: ChatHarness, random: () => number): void {
  if (h.session.store.getState().kind !== "signed-in") h.session.signIn("ann");
  if (random() < 0.7) h.clock.advance(Math.floor(random() * 70_000));
}

/** A session may end between the look at it and the send; then nothing is stored and the caller still has the text. */
async function send({ h, sent }: Life): Promise<void> {
  try {
    sent.push(await h.engine.send({ text: `message ${sent.length}` }));
  } catch (error) {
    if (!(error instanceof PipitError) || error.code !== "SIGNED_OUT") throw error;
  }
}

async function act(life: Life, random: () => number): Promise<void> {
  const { h } = life;
  const dice = random();
  if (dice < 0.45) {
    if (h.session.store.getState().kind !== "signed-in") h.session.signIn("ann");
    await send(life);
  } else if (dice < 0.55) {
    const { activeMessageId: id } = h.state();
    if (id !== undefined) life.cancelled.add(id);
    await h.engine.cancel();
  } else if (dice < 0.65) {
    await h.engine.resume();
  } else if (dice < 0.72) {
    h.session.signOut();
    await settle();
  }
  stayRunning(h, random);
  if (random() < 0.6) await settle();
}

async function finish(h: ChatHarness, server: FaultyServer): Promise<void> {
  server.heal();
  for (let round = 0; round < 100; round += 1) {
    stayRunning(h, () => 0);
    await h.engine.resume();
    h.clock.advance(60_000);
    await settle();
    if ((await h.queued()).length === 0) break;
  }
  await h.engine.idle();
}

/** Everything that must hold when the dust has settled. */
async function check(life: Life, server: FaultyServer): Promise<void> {
  const { h, sent, cancelled } = life;
  const due = sent.filter((id) => !cancelled.has(id));
  expect(await h.queued(), "nothing is left in the outbox").toEqual([]);
  const done = [...server.completed.values()].flat();
  expect(new Set(done).size, "no turn is completed twice").toBe(done.length);
  expect(done.filter((id) => !cancelled.has(id)).toSorted(), "nothing is lost").toEqual(due.toSorted());
  for (const ids of server.completed.values()) {
    const order = ids.map((id) => sent.indexOf(id));
    expect(order, "a chat is answered in the order of its questions").toEqual(
      order.toSorted((a, b) => a - b),
    );
  }
  expect(server.completed.size, "one chat stays one chat").toBeLessThanOrEqual(1);
}

describe("under random faults", () => {
  test.each(SEEDS)("one run: nothing lost, doubled, reordered or spoken twice (seed %i)", async (seed) => {
    const random = createRandom(seed);
    const server = createFaultyServer(random);
    const life: Life = { sent: [], cancelled: new Set(), h: start(server, createMemoryOutbox(), random, 0) };
    // A chat of its own name, so that a cancelled first message cannot leave two behind.
    life.h.engine.openChat("chat", []);
    const heard: string[] = [];
    life.h.engine.onEvent(({ messageId, event }) => {
      if (event.type === "audio") heard.push(messageId);
    });
    for (let step = 0; step < STEPS; step += 1) await act(life, random);
    await finish(life.h, server);
    await check(life, server);
    const shown = life.h.state().messages.filter((message) => message.role === "user");
    expect(shown.map((message) => message.id)).toEqual(life.sent);
    for (const message of shown) {
      if (life.cancelled.has(message.id)) continue;
      expect(message.status).toEqual({ kind: "answered" });
      expect(life.h.text(message.id)).toBe(answerTo(message.text));
    }
    expect(heard.length, "no answer is heard twice").toBe(new Set(heard).size);
    await life.h.engine[Symbol.asyncDispose]();
  });

  test.each(SEEDS)("with crashes in between: nothing lost, doubled or reordered (seed %i)", async (seed) => {
    const random = createRandom(seed * 7919);
    const server = createFaultyServer(random);
    const outbox = createMemoryOutbox();
    const life: Life = { sent: [], cancelled: new Set(), h: start(server, outbox, random, 0) };
    life.h.engine.openChat("chat", []);
    for (let run = 1; run <= 4; run += 1) {
      for (let step = 0; step < STEPS / 4; step += 1) await act(life, random);
      const crashed = life.h;
      // What was on its way is cut off; only the outbox survives.
      await crashed.engine[Symbol.asyncDispose]();
      life.h = start(server, outbox, random, run);
      life.h.engine.openChat("chat", []);
      if (random() < 0.5) await life.h.engine.resume();
    }
    await finish(life.h, server);
    await check(life, server);
    expect(life.h.state().queuedCount).toBe(0);
    await life.h.engine[Symbol.asyncDispose]();
  });
});
