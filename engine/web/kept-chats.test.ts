import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { openDB } from "idb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ChatSummary } from "#contract/chat-history.ts";
import type { Message } from "#contract/chat-state.ts";
import { createHistoryClient } from "#engine/history/history-client.ts";
import { createFakeHttp, json, unreachable } from "#engine/testing/fake-http.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { outboxRow } from "#engine/testing/outbox-suite.ts";
import { createSignedInHttp } from "#engine/wire/signed-in.ts";
import { CookieSession } from "./cookie-session.ts";
import { createIndexedDbOutbox } from "./indexed-db-outbox.ts";
import { createKeptChats, type Account } from "./kept-chats.ts";
import { createKeptHistory } from "./kept-history.ts";
import { openPageDatabase } from "./page-database.ts";
import { openPageStorage } from "./page-storage.ts";
import { createMemoryValues } from "./page-values.ts";

const never = new AbortController().signal;
const ann: Account = { kind: "signed-in", accountId: "a1", accountName: "Ann", local: true };
const bob: Account = { ...ann, accountId: "b1", accountName: "Bob" };
const onWire = ({ accountId, accountName, local }: Account) => ({
  account_id: accountId,
  account_name: accountName,
  local,
});
const said = (text: string): Message[] => [
  { role: "user", id: text, text, createdAtMs: 1, status: { kind: "answered" } },
];
const chat = (id: string): ChatSummary => {
  return { id, title: id, createdAtMs: 1, updatedAtMs: 1, pinned: false, archived: false };
};

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
});
afterEach(() => {
  vi.unstubAllGlobals();
});

async function open(limits?: { chats: number; bytes: number }) {
  const database = await openPageDatabase("pipit");
  const kept = createKeptChats(database, limits);
  const texts = async (account: Account, ...ids: string[]) =>
    await Promise.all(
      ids.map(async (id) => (await kept.messages(account.accountId, id))?.map((message) => message.id)),
    );
  return { ...kept, texts, [Symbol.dispose]: () => database[Symbol.dispose]() };
}

test("the chat that was read longest ago makes room, by number and by size", async () => {
  using kept = await open({ chats: 2, bytes: 1000 });
  await kept.enter(ann);
  await kept.keepMessages("a1", "one", said("1"));
  await kept.keepMessages("a1", "two", said("2"));
  await kept.keepMessages("a1", "one", said("1 again"));
  await kept.keepMessages("a1", "three", said("3"));
  expect(await kept.texts(ann, "one", "two", "three")).toEqual([["1 again"], undefined, ["3"]]);
  await kept.keepMessages("a1", "large", said("x".repeat(400)));
  expect(await kept.texts(ann, "one", "three")).toEqual([undefined, ["3"]]);
  // One that is larger than everything may be is not kept, and costs no other one.
  await kept.keepMessages("a1", "large", said("x".repeat(1000)));
  expect(await kept.texts(ann, "three", "large")).toEqual([["3"], undefined]);
});

test("a chat that was read stays when the first list does not reach to it, below those that are in it", async () => {
  using kept = await open();
  await kept.enter(ann);
  for (const id of ["listed", "older", "unknown"]) await kept.keepMessages("a1", id, said(id));
  await kept.keepList("a1", ["listed", "older"].map(chat), 5);
  expect(await kept.keepList("a1", [chat("listed"), chat("new")], 6)).toEqual(["older", "unknown"]);
  expect(await kept.texts(ann, "listed", "older", "unknown")).toEqual([["listed"], ["older"], ["unknown"]]);
  const ids = async () => (await kept.list("a1"))?.chats.map(({ id }) => id);
  expect(await ids()).toEqual(["listed", "new", "older"]);
  await kept.keepUnlisted("a1", { ...chat("unknown"), updatedAtMs: 9 });
  expect(await ids()).toEqual(["listed", "new", "unknown", "older"]);
  await kept.keepUnlisted("a1", { ...chat("older"), archived: true });
  await kept.drop("a1", "listed");
  expect(await ids()).toEqual(["new", "unknown"]);
  expect(await kept.texts(ann, "listed", "older")).toEqual([undefined, ["older"]]);
});

test("nothing of an account stays when it signs out or another one signs in, nor comes back late", async () => {
  using kept = await open();
  for (const end of [() => kept.leave(), () => kept.enter(bob)]) {
    await kept.enter(ann);
    await kept.keepList("a1", [chat("c")], 5);
    await kept.keepMessages("a1", "c", said("c"));
    await end();
    await kept.keepList("a1", [chat("c")], 6);
    await kept.keepMessages("a1", "c", said("late"));
    await kept.enter(ann);
    expect([await kept.list("a1"), await kept.texts(ann, "c")]).toEqual([undefined, [undefined]]);
  }
});

test("a page of the version before is taken over with what waits in it", async () => {
  const old = await openDB("pipit", 2, {
    upgrade(connection) {
      connection.createObjectStore("pictures");
      const outbox = connection.createObjectStore("outbox", { keyPath: "seq", autoIncrement: true });
      outbox.createIndex("byMessage", "clientMessageId", { unique: true });
      outbox.createIndex("byAccount", "accountId");
      connection.createObjectStore("values");
    },
  });
  await old.add("outbox", outboxRow("1"));
  old.close();
  using database = await openPageDatabase("pipit");
  expect(await createIndexedDbOutbox(database, undefined).list("a")).toEqual([outboxRow("1")]);
});

test("what another program or version has written in its place is as if it were not there", async () => {
  using kept = await open();
  const before = await openDB("pipit");
  const shapes = [
    7,
    { account: ann },
    { account: ann, held: [], list: { asOfMs: 1, chats: [{ id: "c" }] } },
    { account: { kind: "signed-in" }, held: [] },
  ];
  for (const shape of shapes) {
    await before.put("values", shape, "kept-chats");
    expect([await kept.account(), await kept.list("a1")]).toEqual([undefined, undefined]);
    await kept.enter(ann);
    await kept.keepMessages("a1", "c", said("c"));
    expect(await kept.texts(ann, "c")).toEqual([["c"]]);
  }
  before.close();
});

test("what waits comes before what was read: that goes when the browser has no more room", async () => {
  using storage = await openPageStorage(createFakeLogger());
  await storage.kept?.enter(ann);
  await storage.kept?.keepMessages("a1", "c", said("c"));
  using _ = vi.spyOn(IDBObjectStore.prototype, "add").mockImplementationOnce(function () {
    throw new DOMException("no room", "QuotaExceededError");
  });
  await storage.outbox.add(outboxRow("1"));
  expect(await storage.outbox.list("a")).toEqual([outboxRow("1")]);
  expect(await storage.kept?.messages("a1", "c")).toBeUndefined();
});

test("the newest chats are kept before they are opened, when nothing else is to do, and again only once they change", async () => {
  using stage = await openHistory();
  const { http, kept, visit } = stage;
  const ids = Array.from({ length: 12 }, (_, day) => String(day + 10));
  const changed = new Set<string>();
  http.answer(({ path }) => {
    if (path === "/auth/me") return json(200, onWire(ann));
    if (path.endsWith("/messages")) {
      const message = { id: "t:user", turn_id: "t", role: "user", content: path };
      return json(200, { data: [{ ...message, created_at: "2026-11-01T00:00:00Z" }] });
    }
    const at = (id: string) => `2026-11-${id}T0${changed.has(id) ? 1 : 0}:00:00Z`;
    const row = (id: string) => ({ id, title: id, created_at: at(id), updated_at: at(id) });
    return json(200, { data: path.includes("pinned=true") ? [] : ids.map(row) });
  });
  const read = () =>
    http.requests.flatMap(({ path }) => /(?<id>\d+)\/messages$/u.exec(path)?.groups?.["id"] ?? []);
  const idle = vi.fn(async () => undefined);
  for (const expected of [ids.slice(2).toReversed(), ["12"]]) {
    const page = visit(idle);
    using _ = page.session;
    await page.session.restore(never);
    http.requests.length = 0;
    idle.mockClear();
    await page.page({ archived: false }, undefined, never);
    await expect.poll(() => read()).toEqual(expected);
    await expect.poll(() => kept.texts(ann, "12")).toEqual([["t"]]);
    expect(idle).toHaveBeenCalledTimes(expected.length);
    // Read in this visit, it is not read again.
    await page.page({ archived: false }, undefined, never);
    changed.add("12");
  }
  expect(await kept.texts(ann, "10", "21")).toEqual([undefined, ["t"]]);
});

async function openHistory() {
  const kept = await open();
  const http = createFakeHttp();
  const logger = createFakeLogger();
  const visit = (idle?: () => Promise<void>) => {
    const session = new CookieSession(http, { values: createMemoryValues(), kept }, logger);
    const history = createHistoryClient(createSignedInHttp(http, session));
    const deps = { history, session, kept, logger, ...(idle && { idle }) };
    return { session, ...createKeptHistory(deps) };
  };
  return { kept, http, visit, [Symbol.dispose]: () => kept[Symbol.dispose]() };
}

function answerAs(http: ReturnType<typeof createFakeHttp>, account: Account): void {
  const [at, turn_id] = ["2026-11-21T00:00:00Z", "t"];
  http.answer(({ path }) => {
    if (path === "/auth/me") return json(200, onWire(account));
    if (path.endsWith("/messages"))
      return json(200, { data: [{ id: "t:user", turn_id, role: "user", content: "Hi", created_at: at }] });
    if (path === "/v1/projects")
      return json(200, { data: [{ id: "p", name: "Nature", instructions: "Use Latin.", memory: true }] });
    const row = { id: "c", title: "Birds", project_id: "p", created_at: at, updated_at: at };
    return path.startsWith("/v1/chats/") ? json(200, row) : json(200, { data: [row] });
  });
}

test("without its server the page is the last user's: the list, its time and what was read are there", async () => {
  using stage = await openHistory();
  const { http, kept, visit } = stage;
  answerAs(http, ann);
  const online = visit();
  await online.session.restore(never);
  const page = await online.page({ archived: false }, undefined, never);
  const messages = await online.messages("c", never);
  const projects = await online.projects(never);
  await expect.poll(() => kept.texts(ann, "c")).toEqual([["t"]]);
  await expect.poll(() => kept.list("a1")).toBeDefined();
  await expect.poll(() => kept.projects("a1")).toBeDefined();
  online.session[Symbol.dispose]();

  http.answer(() => {
    throw unreachable();
  });
  const offline = visit();
  using _ = offline.session;
  expect(await offline.session.restore(never)).toEqual(ann);
  expect(await offline.page({ archived: false }, undefined, never)).toEqual({
    ...page,
    asOfMs: expect.any(Number),
  });
  const within = async (projectId: string) =>
    (await offline.page({ archived: false, projectId }, undefined, never)).chats.map(({ id }) => id);
  expect([new Set(await within("p")), await within("other")]).toEqual([new Set(["c"]), []]);
  expect(await offline.projects(never)).toEqual(projects);
  expect(await offline.messages("c", never)).toEqual(messages);
  expect(await offline.chat("c", never)).toMatchObject({ title: "Birds" });
  await expect(offline.messages("unread", never)).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
  await expect(offline.search("bird", undefined, never)).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
  });
});

const portal = (status: number) => ({ status, headers: {}, body: "<h1>Welcome to the hotel</h1>" });
test.each([
  { what: "a captive portal says yes", answer: portal(200) },
  { what: "a proxy wants a sign-in of its own", answer: portal(401) },
  { what: "a proxy knows no such address", answer: portal(404) },
  { what: "the server fails", answer: json(500, { error: { code: "INTERNAL", message: "Failed." } }) },
  { what: "the server is asked too often", answer: json(429, {}) },
])("where $what, what was read is there, and stays", async ({ answer }) => {
  using stage = await openHistory();
  const { http, kept, visit } = stage;
  await kept.enter(ann);
  await kept.keepList("a1", [chat("c")], 5);
  await kept.keepMessages("a1", "c", said("c"));
  http.answer(() => answer);
  const page = visit();
  using _ = page.session;
  expect(await page.session.restore(never)).toEqual(ann);
  expect(await page.page({ archived: false }, undefined, never)).toMatchObject({
    chats: [chat("c")],
    asOfMs: 5,
  });
  expect(await page.messages("c", never)).toEqual(said("c"));
  await page.session.signOut(never);
  // The server has not heard of it, whatever was answered.
  expect(await page.session.restore(never)).toMatchObject({ kind: "signed-out" });
  expect(http.requests.at(-1)?.path).toBe("/auth/logout");
});

test("nothing goes out for the last user before the server has said who it is", async () => {
  using stage = await openHistory();
  const { http, kept, visit } = stage;
  await kept.enter(ann);
  await kept.keepMessages("a1", "c", said("secret"));
  http.answer(() => {
    throw unreachable();
  });
  const page = visit();
  using _ = page.session;
  await page.session.restore(never);
  answerAs(http, bob);
  const before = http.requests.length;
  await page.page({ archived: false }, undefined, never);
  expect(http.requests[before]?.path).toBe("/auth/me");
  expect(page.session.store.getState()).toEqual(bob);
  await expect.poll(async () => (await kept.account())?.accountId).toBe("b1");
  expect(await kept.texts(ann, "c")).toEqual([undefined]);
});

test("a sign-in that the server has ended meanwhile leaves nothing", async () => {
  using stage = await openHistory();
  const { http, kept, visit } = stage;
  await kept.enter(ann);
  await kept.keepMessages("a1", "c", said("secret"));
  http.answer(() => {
    throw unreachable();
  });
  const page = visit();
  using _ = page.session;
  await page.session.restore(never);
  http.answer(() => json(401, { error: { code: "TOKEN_INVALID", message: "Ended." } }));
  await expect(page.messages("c", never)).rejects.toMatchObject({ code: "SIGNED_OUT" });
  expect(page.session.store.getState()).toEqual({ kind: "signed-out", reason: "refused" });
  await expect.poll(() => kept.account()).toBeUndefined();
  await kept.enter(ann);
  expect(await kept.texts(ann, "c")).toEqual([undefined]);
});

test("what the server does not list is asked for: what it has stays, what is gone or temporary does not", async () => {
  using stage = await openHistory();
  const { http, kept, visit } = stage;
  await kept.enter(ann);
  for (const id of ["older", "gone"]) await kept.keepMessages("a1", id, said(id));
  const [at, turn_id] = ["2026-11-21T00:00:00Z", "t"];
  const row = (id: string) => ({
    id,
    title: id,
    created_at: at,
    updated_at: at,
    temporary: id === "passing",
  });
  http.answer(({ path }) => {
    if (path === "/auth/me") return json(200, onWire(ann));
    if (path.endsWith("/messages"))
      return json(200, { data: [{ id: "t:user", turn_id, role: "user", content: "Hi", created_at: at }] });
    const id = path.slice("/v1/chats/".length);
    if (id === "gone")
      return json(404, { error: { code: "CHAT_NOT_FOUND", message: "There is no such chat." } });
    if (path.startsWith("/v1/chats/")) return json(200, row(id));
    return json(200, { data: path.includes("pinned=true") ? [] : [row("first")] });
  });
  const page = visit();
  using _ = page.session;
  await page.session.restore(never);
  await page.page({ archived: false }, undefined, never);
  await expect.poll(() => kept.texts(ann, "gone")).toEqual([undefined]);
  await expect
    .poll(async () => (await kept.list("a1"))?.chats.map(({ id }) => id))
    .toEqual(["first", "older"]);
  await page.messages("passing", never);
  await page.messages("other", never);
  await expect.poll(() => kept.texts(ann, "other")).toEqual([["t"]]);
  expect(await kept.texts(ann, "older", "passing")).toEqual([["older"], undefined]);
  // What was read has that exchange still, until it is read again.
  await page.removeTurn("other", "t", never);
  expect(await kept.texts(ann, "older", "other")).toEqual([["older"], undefined]);
});

test("a network that hangs: the last user's list is there at once, marked, and the next question waits", async () => {
  using stage = await openHistory();
  const { http, kept, visit } = stage;
  await kept.enter(ann);
  await kept.keepList("a1", [chat("kept")], 5);
  const answered = Promise.withResolvers<void>();
  http.answer(async ({ path }) => {
    await answered.promise;
    if (path === "/auth/me") return json(200, onWire(ann));
    const at = "2026-11-21T00:00:00Z";
    const row = { id: "new", title: "new", created_at: at, updated_at: at };
    return json(200, { data: path.includes("pinned=true") ? [] : [row] });
  });
  const page = visit();
  using _ = page.session;
  const restored = page.session.restore(never);
  await expect.poll(() => page.session.store.getState()).toEqual(ann);
  const shown = await page.page({ archived: false }, undefined, never);
  expect(shown).toEqual({ chats: [chat("kept")], asOfMs: 5, updating: true });
  const next = page.page({ archived: false }, undefined, never);
  answered.resolve();
  expect((await next).chats.map(({ id }) => id)).toEqual(["new"]);
  expect(await restored).toEqual(ann);
});
