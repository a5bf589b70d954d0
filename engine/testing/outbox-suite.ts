import { describe, expect, test } from "vitest";
import type { Outbox, OutboxRow } from "#engine/ports.ts";

/** A place where an outbox lives; opened again it holds what was put into it. */
export interface OutboxPlace extends AsyncDisposable {
  /** Another user of the same place; disposed of by the test. */
  open(): Promise<Outbox & AsyncDisposable>;
}

/** A message of account "a" in chat "c". */
export function outboxRow(id: string, options: Partial<OutboxRow> = {}): OutboxRow {
  return {
    clientMessageId: id,
    accountId: "a",
    chatKey: "c",
    text: `text ${id}`,
    speak: true,
    createdAtMs: 1,
    attempts: 0,
    ...options,
  };
}

/** What every durable outbox must do, whatever it is made of. */
export function describeOutbox(name: string, makePlace: () => Promise<OutboxPlace>): void {
  describe(name, () => {
    test("keeps rows in the order they came, per account, over a restart", async () => {
      await using place = await makePlace();
      const image = { bytes: new Uint8Array([0xff, 0xd8, 1, 2]), widthPx: 4, heightPx: 3 };
      {
        await using outbox = await place.open();
        await outbox.add(outboxRow("1", { image, createdAtMs: 50, speak: false }));
        await outbox.add(outboxRow("2", { accountId: "b" }));
        await outbox.add(outboxRow("3", { createdAtMs: 10 }));
      }
      await using again = await place.open();
      expect(await again.list("a")).toEqual([
        outboxRow("1", { image, createdAtMs: 50, speak: false }),
        outboxRow("3", { createdAtMs: 10 }),
      ]);
      expect(await again.list("b")).toEqual([outboxRow("2", { accountId: "b" })]);
      expect(await again.list("nobody")).toEqual([]);
    });

    test("takes the same message once, counts attempts, renames chats and forgets", async () => {
      await using place = await makePlace();
      await using outbox = await place.open();
      await outbox.add(outboxRow("1", { chatKey: "local-1" }));
      await outbox.add(outboxRow("1", { text: "second" }));
      await outbox.add(outboxRow("2", { chatKey: "local-2" }));
      await outbox.recordAttempt("1");
      await outbox.recordAttempt("1");
      await outbox.recordAttempt("unknown");
      await outbox.renameChat("local-1", "chat-1");
      expect(await outbox.list("a")).toEqual([
        outboxRow("1", { chatKey: "chat-1", attempts: 2 }),
        outboxRow("2", { chatKey: "local-2" }),
      ]);
      await outbox.remove("1");
      await outbox.remove("unknown");
      expect(await outbox.list("a")).toEqual([outboxRow("2", { chatKey: "local-2" })]);
    });

    test("keeps odd texts and large pictures whole", async () => {
      await using place = await makePlace();
      await using outbox = await place.open();
      const text = `a'; DROP TABLE outbox; -- \u0000 🎉 ${"я".repeat(200_000)}`;
      const bytes = new Uint8Array(8 * 1024 * 1024).fill(7);
      await outbox.add(outboxRow("1", { text, image: { bytes, widthPx: 1, heightPx: 1 } }));
      const [kept] = await outbox.list("a");
      expect(kept?.text).toBe(text);
      const same = kept?.image?.bytes.every((byte, index) => byte === bytes[index]);
      expect([kept?.image?.bytes.length, same]).toEqual([bytes.length, true]);
    });

    test("loses and doubles nothing under random use by two at once", async () => {
      await using place = await makePlace();
      await using one = await place.open();
      await using two = await place.open();
      const random = sequence(7);
      const alive = new Set<string>();
      for (let round = 0; round < 40; round += 1) {
        const writes: Promise<void>[] = [];
        for (let index = 0; index < 4; index += 1) {
          const outbox = random() < 0.5 ? one : two;
          const id = `${Math.floor(random() * 30)}`;
          if (random() < 0.6) {
            if (!alive.has(id)) writes.push(outbox.add(outboxRow(id)), outbox.add(outboxRow(id)));
            alive.add(id);
          } else if (alive.has(id) && writes.length === 0) {
            alive.delete(id);
            writes.push(outbox.remove(id));
          }
        }
        await Promise.all(writes);
      }
      await one[Symbol.asyncDispose]();
      await two[Symbol.asyncDispose]();
      await using third = await place.open();
      const kept = (await third.list("a")).map((row) => row.clientMessageId);
      expect(kept.toSorted()).toEqual([...alive].toSorted());
      expect(new Set(kept).size).toBe(kept.length);
    });
  });
}

/** Numbers in [0, 1) that are the same in every run. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}
