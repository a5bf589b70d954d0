import { expect, test } from "vitest";
import type { OutboxRow } from "#engine/ports.ts";
import { createMemoryOutbox } from "./memory-outbox.ts";

const row = (clientMessageId: string, over: Partial<OutboxRow> = {}): OutboxRow => ({
  clientMessageId,
  accountId: "ann",
  chatKey: "new:1",
  text: clientMessageId,
  speak: true,
  createdAtMs: 1,
  attempts: 0,
  ...over,
});

test("keeps rows per account, in order, each id once", async () => {
  const outbox = createMemoryOutbox([row("a")]);
  await outbox.add(row("b"));
  await outbox.add(row("c", { accountId: "bob" }));
  await outbox.add(row("a", { text: "again" }));
  expect((await outbox.list("ann")).map((stored) => stored.text)).toEqual(["a", "b"]);
  expect((await outbox.list("bob")).map((stored) => stored.text)).toEqual(["c"]);
});

test("counts attempts, follows a chat's name and removes", async () => {
  const outbox = createMemoryOutbox([row("a"), row("b", { chatKey: "other" })]);
  await outbox.recordAttempt("a");
  await outbox.recordAttempt("gone");
  await outbox.renameChat("new:1", "chat-1");
  expect(await outbox.list("ann")).toMatchObject([
    { clientMessageId: "a", attempts: 1, chatKey: "chat-1" },
    { clientMessageId: "b", attempts: 0, chatKey: "other" },
  ]);
  await outbox.remove("a");
  await outbox.remove("a");
  expect((await outbox.list("ann")).map((stored) => stored.clientMessageId)).toEqual(["b"]);
});
