import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { openDB } from "idb";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { describeOutbox, outboxRow } from "#engine/testing/outbox-suite.ts";
import { createIndexedDbOutbox } from "./indexed-db-outbox.ts";
import { openPageDatabase } from "./page-database.ts";
import { createTabClaims } from "./tab-claims.ts";
import { loadPageHardwareId, openPageStorage } from "./page-storage.ts";

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
    ...createIndexedDbOutbox(database, navigator.locks),
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
  await outbox.add(outboxRow("1", { image: { sizeBytes: 4, widthPx: 1, heightPx: 1 } }), bytes);
  expect((await outbox.picture("1"))?.buffer.byteLength).toBe(4);
});

test("CMR-D3: a message whose new text or picture cannot be taken is not lost for it", async () => {
  await using outbox = await openAt(freshName());
  await outbox.add(outboxRow("1"));
  const image = { sizeBytes: 1, widthPx: 1, heightPx: 1 };
  const noMemory = {
    slice() {
      throw new RangeError("Array buffer allocation failed");
    },
  } as unknown as Uint8Array;
  for (const [row, picture] of [
    [outboxRow("2", { text: Symbol("cannot be cloned") as never }), undefined],
    [outboxRow("2", { image }), noMemory],
  ] as const) {
    await expect(outbox.replace("1", row, picture)).rejects.toMatchObject({ code: "STORAGE_UNREADABLE" });
    expect(await outbox.list("a")).toEqual([outboxRow("1")]);
  }
});

/** The layout of version 1. */
const openFirst = (name: string) =>
  openDB(name, 1, {
    upgrade(connection) {
      const store = connection.createObjectStore("outbox", { keyPath: "seq", autoIncrement: true });
      store.createIndex("byMessage", "clientMessageId", { unique: true });
      store.createIndex("byAccount", "accountId");
      connection.createObjectStore("values");
    },
  });

describe("tabs of two versions", () => {
  test("CMR-D2: an older tab that is still writing is waited for, and what it wrote is there", async () => {
    const name = freshName();
    const before = await openFirst(name);
    const opening = openAt(name);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { state: _state, ...old } = outboxRow("1");
    await before.add("outbox", old);
    before.close();
    await using outbox = await opening;
    expect(await outbox.list("a")).toEqual([outboxRow("1")]);
  });

  test("CMR-D2: a page that has given up on an older tab is in the way of no other", async () => {
    const name = freshName();
    const before = await openFirst(name);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const opening = openPageStorage(createFakeLogger(), name);
    for (let turns = 0; turns < 20; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    await vi.advanceTimersByTimeAsync(5_001);
    using storage = await opening;
    vi.useRealTimers();
    expect(storage.problem?.cause).toMatchObject({ detail: expect.stringContaining("older version") });
    before.close();
    const blocked = vi.fn();
    const newer = await openDB(name, 9, { blocked });
    newer.close();
    expect(blocked).not.toHaveBeenCalled();
  });

  test("CMR-D6: an older tab leaves its chats to the newer one, and says why it takes no message", async () => {
    const name = freshName();
    await using outbox = await openAt(name);
    await outbox.add(outboxRow("1"));
    const chat = crypto.randomUUID();
    expect(await outbox.claim(chat)).toBe(true);
    (await openDB(name, 99)).close();
    await expect(outbox.add(outboxRow("2"))).rejects.toMatchObject({
      code: "STORAGE_UNREADABLE",
      message: expect.stringContaining("newer"),
    });
    expect(await createTabClaims(navigator.locks).take(chat)).toBe(true);
    expect(await outbox.claim("another")).toBe(false);
  });
});

test("a queue of the first version keeps its rows and their pictures", async () => {
  const name = freshName();
  const { state: _state, ...old } = outboxRow("1");
  const bytes = new Uint8Array([1, 2, 3]);
  const before = await openFirst(name);
  await before.add("outbox", { ...old, image: { bytes, widthPx: 4, heightPx: 3 } });
  await before.add("outbox", { ...old, clientMessageId: "2" });
  before.close();
  await using outbox = await openAt(name);
  const image = { sizeBytes: 3, widthPx: 4, heightPx: 3 };
  expect(await outbox.list("a")).toEqual([
    outboxRow("1", { image }),
    { ...outboxRow("1"), clientMessageId: "2" },
  ]);
  expect(await outbox.picture("1")).toEqual(bytes);
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

  test("CMR-D2: a page starts in a browser that is full, and has what waits there", async () => {
    const name = freshName();
    {
      await using outbox = await openAt(name);
      await outbox.add(outboxRow("1"));
    }
    const full = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
      throw new DOMException("no room", "QuotaExceededError");
    });
    using storage = await openPageStorage(createFakeLogger(), name);
    expect(await loadPageHardwareId(storage.values)).toMatch(/^[0-9a-f]{8}-/u);
    expect(await storage.outbox.list("a")).toEqual([outboxRow("1")]);
    full.mockRestore();
    const id = await loadPageHardwareId(storage.values);
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
      throw new DOMException("no room", "QuotaExceededError");
    });
    expect(await loadPageHardwareId(storage.values)).toBe(id);
    vi.restoreAllMocks();
  });

  test("a browser without storage gives a page that works, and says what that means", async () => {
    vi.stubGlobal("indexedDB", {
      open() {
        throw new DOMException("denied", "SecurityError");
      },
    });
    const logger = createFakeLogger();
    using storage = await openPageStorage(logger);
    expect(storage.problem?.code).toBe("STORAGE_REFUSED");
    await storage.outbox.add(outboxRow("1"));
    expect(await storage.outbox.list("a")).toHaveLength(1);
    await storage.values.update("draft", () => "half a thought");
    expect(await storage.values.read("draft")).toBe("half a thought");
    expect(logger.lines).toMatchObject([{ level: "warn", event: "storage.unavailable" }]);
  });

  test("so does one whose storage another program of this origin has made", async () => {
    const name = freshName();
    const strange = await openDB(name, 3, { upgrade: (db) => void db.createObjectStore("notes") });
    strange.close();
    using storage = await openPageStorage(createFakeLogger(), name);
    expect(storage.problem?.code).toBe("STORAGE_REFUSED");
    expect(await storage.values.read("draft")).toBeUndefined();
  });

  test("a storage that never answers is given up on", async () => {
    vi.useFakeTimers();
    vi.stubGlobal("indexedDB", { open: () => new EventTarget() });
    const opening = openPageStorage(createFakeLogger());
    await vi.advanceTimersByTimeAsync(5_001);
    using storage = await opening;
    vi.useRealTimers();
    expect(storage.problem?.code).toBe("STORAGE_REFUSED");
  });
});

test("the hardware id is made once, of version 5", async () => {
  const name = freshName();
  using storage = await openPageStorage(createFakeLogger(), name);
  const [first, second] = await Promise.all([
    loadPageHardwareId(storage.values),
    loadPageHardwareId(storage.values),
  ]);
  expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u);
  expect(second).toBe(first);
  using again = await openPageStorage(createFakeLogger(), name);
  expect(await loadPageHardwareId(again.values)).toBe(first);
});
