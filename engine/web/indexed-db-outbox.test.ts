import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { openDB } from "idb";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { describeOutbox, outboxRow } from "#engine/testing/outbox-suite.ts";
import { createIndexedDbOutbox } from "./indexed-db-outbox.ts";
import { openPageDatabase } from "./page-database.ts";
import { loadDraft, loadPageHardwareId, openPageStorage, saveDraft } from "./page-storage.ts";
import { createTabOutbox } from "./tab-outbox.ts";

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
});
afterEach(() => {
  vi.unstubAllGlobals();
});

let count = 0;
const freshName = () => `pipit-${(count += 1)}`;

async function openAt(name: string) {
  const database = await openPageDatabase(name);
  return {
    ...createIndexedDbOutbox(database),
    async [Symbol.asyncDispose]() {
      database[Symbol.dispose]();
    },
  };
}

describeOutbox("the outbox of the page", async () => {
  const name = freshName();
  return { open: () => openAt(name), async [Symbol.asyncDispose]() {} };
});

test("stores a picture without the buffer that it is a part of", async () => {
  const name = freshName();
  await using outbox = await openAt(name);
  const bytes = new Uint8Array(1_000_000).subarray(10, 14);
  await outbox.add(outboxRow("1", { image: { bytes, widthPx: 1, heightPx: 1 } }));
  const [kept] = await outbox.list("a");
  expect(kept?.image?.bytes.buffer.byteLength).toBe(4);
});

describe("several tabs", () => {
  /** Two tabs on one database; each has its own claims. */
  function openTabs(name: string) {
    const tab = async () => {
      const database = await openPageDatabase(name);
      return createTabOutbox(createIndexedDbOutbox(database), navigator.locks);
    };
    return Promise.all([tab(), tab()]);
  }
  const ids = (rows: readonly { readonly clientMessageId: string }[]) =>
    rows.map((row) => row.clientMessageId);

  test("a message has one tab that sends it", async () => {
    const name = freshName();
    const [one, two] = await openTabs(name);
    await one.add(outboxRow(`${name}-1`));
    await two.add(outboxRow(`${name}-2`));
    expect(ids(await one.list("a"))).toEqual([`${name}-1`]);
    expect(ids(await two.list("a"))).toEqual([`${name}-2`]);
  });

  test("of which many start at once share what was left without doubling it", async () => {
    const name = freshName();
    {
      await using before = await openAt(name);
      for (let index = 0; index < 9; index += 1) await before.add(outboxRow(`${name}-${index}`));
    }
    const [one, two] = await openTabs(name);
    const lists = await Promise.all([one.list("a"), two.list("a"), two.list("a")]);
    const taken = [...new Set([...ids(lists[1]), ...ids(lists[2])]), ...ids(lists[0])];
    expect(taken.toSorted()).toEqual(Array.from({ length: 9 }, (_, index) => `${name}-${index}`));
  });

  test("a message that its tab has settled is taken up by no other", async () => {
    const name = freshName();
    const [one, two] = await openTabs(name);
    await one.add(outboxRow(`${name}-1`));
    await Promise.all([one.remove(`${name}-1`), two.list("a")]);
    expect(await two.list("a")).toEqual([]);
    // Its id is free again: the person tries the failed message once more, in either tab.
    await two.add(outboxRow(`${name}-1`));
    expect(ids(await two.list("a"))).toEqual([`${name}-1`]);
  });
});

describe("a fault", () => {
  test("no room is STORAGE_FULL, and what was taken stays", async () => {
    await using outbox = await openAt(freshName());
    await outbox.add(outboxRow("1"));
    const full = vi.spyOn(IDBObjectStore.prototype, "add").mockImplementation(() => {
      throw new DOMException("no room", "QuotaExceededError");
    });
    await expect(outbox.add(outboxRow("2"))).rejects.toMatchObject({ code: "STORAGE_FULL", retryable: true });
    full.mockRestore();
    await outbox.add(outboxRow("3"));
    expect((await outbox.list("a")).map((row) => row.clientMessageId)).toEqual(["1", "3"]);
  });

  test("a connection that the browser closed is opened again", async () => {
    const name = freshName();
    await using outbox = await openAt(name);
    await outbox.add(outboxRow("1"));
    // A page of a later version asks for a new layout: ours steps aside; going back is not possible.
    const newer = await openDB(name, 2);
    newer.close();
    await expect(outbox.add(outboxRow("2"))).rejects.toMatchObject({ code: "STORAGE_UNREADABLE" });
  });

  test("a browser without storage gives a page that works, and says what that means", async () => {
    vi.stubGlobal("indexedDB", {
      open() {
        throw new DOMException("denied", "SecurityError");
      },
    });
    const logger = createFakeLogger();
    using storage = await openPageStorage(logger);
    expect(storage.problem).toMatchObject({
      code: "STORAGE_UNREADABLE",
      message: expect.stringContaining("lost"),
    });
    await storage.outbox.add(outboxRow("1"));
    expect(await storage.outbox.list("a")).toHaveLength(1);
    await saveDraft(storage.values, "half a thought");
    expect(await loadDraft(storage.values)).toBe("half a thought");
    expect(logger.lines).toMatchObject([{ level: "warn", event: "storage.unavailable" }]);
  });

  test("a storage that never answers is given up on", async () => {
    vi.useFakeTimers();
    vi.stubGlobal("indexedDB", { open: () => new EventTarget() });
    const opening = openPageStorage(createFakeLogger());
    await vi.advanceTimersByTimeAsync(5_001);
    using storage = await opening;
    vi.useRealTimers();
    expect(storage.problem?.code).toBe("STORAGE_UNREADABLE");
  });
});

test("the hardware id is made once, of version 5, and the draft is kept", async () => {
  const name = freshName();
  using storage = await openPageStorage(createFakeLogger(), name);
  const [first, second] = await Promise.all([
    loadPageHardwareId(storage.values),
    loadPageHardwareId(storage.values),
  ]);
  expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u);
  expect(second).toBe(first);
  expect(await loadDraft(storage.values)).toBe("");
  await saveDraft(storage.values, "Привет");
  using again = await openPageStorage(createFakeLogger(), name);
  expect(await loadDraft(again.values)).toBe("Привет");
  expect(await loadPageHardwareId(again.values)).toBe(first);
});
