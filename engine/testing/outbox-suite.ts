import { textFile } from "./chat-engine-kit.ts";
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
    state: { kind: "waiting" },
    ...options,
  };
}

/**
 * What every outbox must do, whatever it is made of.
 *
 * @param sharedByPrograms one that is not has one sender at any time
 */
export function describeOutbox(
  name: string,
  makePlace: () => Promise<OutboxPlace>,
  sharedByPrograms = true,
): void {
  describe(name, () => {
    test("keeps rows in the order they came, per account, over a restart", async () => {
      await using place = await makePlace();
      const picture = new Uint8Array([0xff, 0xd8, 1, 2]);
      const image = { sizeBytes: 4, widthPx: 4, heightPx: 3 };
      {
        await using outbox = await place.open();
        await outbox.add(outboxRow("1", { image, createdAtMs: 50, speak: false, parentTurnId: "" }), picture);
        await outbox.add(outboxRow("2", { accountId: "b" }));
        await outbox.add(outboxRow("3", { createdAtMs: 10 }));
      }
      await using again = await place.open();
      expect(await again.list("a")).toEqual([
        outboxRow("1", { image, createdAtMs: 50, speak: false, parentTurnId: "" }),
        outboxRow("3", { createdAtMs: 10 }),
      ]);
      expect(await again.list("b")).toEqual([outboxRow("2", { accountId: "b" })]);
      expect(await again.list("nobody")).toEqual([]);
      expect(await again.picture("1")).toEqual(picture);
      expect(await again.picture("3")).toBeUndefined();
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

    test("keeps odd texts, files and large pictures whole", async () => {
      await using place = await makePlace();
      await using outbox = await place.open();
      const text = `a'; DROP TABLE outbox; -- \u0000 🎉 ${"я".repeat(200_000)}`;
      const files = [textFile, { ...textFile, pages: 3, text, cut: true }];
      const bytes = new Uint8Array(8 * 1024 * 1024).fill(7);
      await outbox.add(
        outboxRow("1", { text, files, image: { sizeBytes: bytes.length, widthPx: 1, heightPx: 1 } }),
        bytes,
      );
      const [kept] = await outbox.list("a");
      expect(kept?.text).toBe(text);
      expect(kept?.files).toEqual(files);
      const picture = await outbox.picture("1");
      const same = picture?.every((byte, index) => byte === bytes[index]);
      expect([picture?.length, same]).toEqual([bytes.length, true]);
      await outbox.remove("1");
      expect(await outbox.picture("1")).toBeUndefined();
    });

    test("CMR-D2: keeps what is to become of a row over a restart", async () => {
      await using place = await makePlace();
      const failure = { code: "MODEL_FAILED", message: "No.", retryable: true } as const;
      const parked = { kind: "parked", failure, sinceMs: 7 } as const;
      {
        await using outbox = await place.open();
        await outbox.add(outboxRow("1"));
        await outbox.add(outboxRow("2"));
        await outbox.setState("1", parked);
        await outbox.setState("2", { kind: "cancelled" });
        await outbox.setState("unknown", { kind: "waiting" });
      }
      await using again = await place.open();
      expect(await again.list("a")).toEqual([
        outboxRow("1", { state: parked }),
        outboxRow("2", { state: { kind: "cancelled" } }),
      ]);
    });

    test("CMR-D3: replaces a row by another, or by itself, as the last one", async () => {
      await using place = await makePlace();
      await using outbox = await place.open();
      const picture = new Uint8Array([1]);
      const image = { sizeBytes: 1, widthPx: 1, heightPx: 1 };
      await outbox.add(outboxRow("1", { image }), picture);
      await outbox.add(outboxRow("2"));
      await outbox.replace("1", outboxRow("3", { image }), picture);
      expect(await outbox.list("a")).toEqual([outboxRow("2"), outboxRow("3", { image })]);
      expect([await outbox.picture("1"), await outbox.picture("3")]).toEqual([undefined, picture]);
      await outbox.replace("2", outboxRow("2", { text: "again" }));
      await outbox.replace("unknown", outboxRow("4"));
      expect((await outbox.list("a")).map((row) => row.text)).toEqual(["text 3", "again", "text 4"]);
    });

    if (sharedByPrograms) {
      test("CMR-D2: a row of which only a newer Pipit knows what to do is kept for the person to decide", async () => {
        await using place = await makePlace();
        await using outbox = await place.open();
        await outbox.add(outboxRow("1"));
        await outbox.add(outboxRow("2"));
        await outbox.setState("1", { kind: "scheduled", atMs: 7 } as never);
        await outbox.setState("2", { kind: "parked" } as never);
        const failure = { code: "INTERNAL", retryable: true };
        expect(await outbox.list("a")).toMatchObject([
          { text: "text 1", state: { kind: "parked", failure } },
          { text: "text 2", state: { kind: "parked", failure } },
        ]);
      });

      test("CMR-D6: one at a time sends for a chat, also when it is named meanwhile", async () => {
        await using place = await makePlace();
        await using one = await place.open();
        const two = await place.open();
        const chat = crypto.randomUUID();
        expect([await one.claim(`new:${chat}`), await one.claim(`new:${chat}`)]).toEqual([true, true]);
        await one.renameChat(`new:${chat}`, chat);
        expect([await two.claim(chat), await two.claim(`${chat}-other`)]).toEqual([false, true]);
        await two.release(chat);
        expect(await two.claim(chat)).toBe(false);
        await one.release(chat);
        expect([await two.claim(chat), await one.claim(chat)]).toEqual([true, false]);
        await two[Symbol.asyncDispose]();
      });
    }

    test("CMR-D1: a row written under the first key of a chat that another program has named follows into it", async () => {
      await using place = await makePlace();
      await using one = await place.open();
      await one.add(outboxRow("1", { chatKey: "new:c" }));
      await one.renameChat("new:c", "c");
      const two = await place.open();
      await two.add(outboxRow("2", { chatKey: "new:c" }));
      await two.replace("1", outboxRow("3", { chatKey: "new:c" }));
      await two.add(outboxRow("4", { chatKey: "new:d" }));
      const kept = (await one.list("a")).map(({ clientMessageId, chatKey }) => [clientMessageId, chatKey]);
      expect(kept).toEqual([
        ["2", "c"],
        ["3", "c"],
        ["4", "new:d"],
      ]);
      expect([await two.nameOf("new:c"), await two.nameOf("new:d")]).toEqual(["c", undefined]);
      await two[Symbol.asyncDispose]();
    });

    test("keeps the names of the newest chats, and no more for each chat that ever was", async () => {
      await using place = await makePlace();
      await using outbox = await place.open();
      const names = Array.from({ length: 202 }, (_, index) => `chat-${index}`);
      for (const id of names) await outbox.renameChat(`new:${id}`, id);
      await outbox.renameChat("new:chat-201", "chat-201");
      const kept = await Promise.all(names.map((id) => outbox.nameOf(`new:${id}`)));
      expect(kept.slice(0, 2)).toEqual([undefined, undefined]);
      expect(kept.slice(3)).toEqual(names.slice(3));
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
