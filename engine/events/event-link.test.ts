import { expect, test } from "vitest";
import { createStore } from "zustand/vanilla";
import type { AuthState } from "#contract/auth-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { createFakeClock, settle } from "#engine/testing/fake-clock.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { createEventLink } from "./event-link.ts";

const signedIn: AuthState = { kind: "signed-in", accountId: "u1", accountName: "Ann", local: false };

/** A link whose sockets are in the test's hands. */
function createStage() {
  const store = createStore<AuthState>(() => ({ kind: "unknown" }));
  const clock = createFakeClock();
  const sockets: { told: (message: object) => void; end: () => void; sent: string[]; closed: boolean }[] = [];
  const heard: string[] = [];
  const stage = {
    store,
    clock,
    sockets,
    heard,
    blocked: false,
    asked: 0,
    revoked: false,
    cursors: [] as (string | undefined)[],
    paths: [] as string[],
    /** Of the next questions. */
    changes: [] as object[],
  };
  const link = createEventLink({
    session: { store },
    clock,
    random: () => 0,
    logger: createFakeLogger(),
    onNews: ({ kind, chatId, room, roomSeq, login, logins }) =>
      void heard.push(
        [kind, chatId, room, roomSeq, login, logins].filter((part) => part !== undefined).join(" "),
      ),
    async open(onText, cursor) {
      stage.cursors.push(cursor);
      if (stage.blocked) throw new PipitError("SERVER_UNREACHABLE", "The proxy takes no sockets.");
      const { promise, resolve } = Promise.withResolvers<void>();
      const socket = {
        told: (message: object) => onText(JSON.stringify(message)),
        end: resolve,
        sent: [] as string[],
        closed: false,
      };
      sockets.push(socket);
      return {
        send: (text) => void socket.sent.push(text),
        close: () => {
          socket.closed = true;
          resolve();
        },
        closed: promise,
      };
    },
    api: {
      async request({ path }) {
        stage.asked += 1;
        stage.paths.push(path);
        if (stage.revoked) store.setState({ kind: "signed-out", reason: "expired" }, true);
        return {
          status: 200,
          headers: {},
          body: JSON.stringify(stage.changes.shift() ?? { data: [], more: false }),
        };
      },
    },
  });
  return { ...stage, stage, link };
}

test("a socket is kept while a person is signed in, answers pings, and is replaced when it ends", async () => {
  const { store, clock, sockets, stage, link } = createStage();
  await settle();
  expect(sockets).toHaveLength(0);
  store.setState(signedIn, true);
  await settle();
  sockets[0]?.told({ type: "ping", timestamp: "T" });
  sockets[0]?.told({ type: "news of a later version" });
  expect(sockets[0]?.sent).toEqual(['{"type":"pong","timestamp":"T"}']);
  sockets[0]?.end();
  await settle();
  expect([stage.asked, clock.sleeping()]).toEqual([1, [1100]]);
  clock.advance(1_100);
  await settle();
  expect(sockets).toHaveLength(2);
  link[Symbol.dispose]();
  await settle();
  expect([sockets[1]?.closed, clock.sleeping()]).toEqual([true, []]);
});

test("a session that was revoked is asked after at once, and its end ends the link", async () => {
  const { store, clock, sockets, stage } = createStage();
  store.setState(signedIn, true);
  await settle();
  stage.revoked = true;
  sockets[0]?.told({ type: "session.revoked" });
  await settle();
  expect(store.getState()).toEqual({ kind: "signed-out", reason: "expired" });
  expect([sockets[0]?.closed, clock.sleeping()]).toEqual([true, []]);
  // The next sign-in has a socket of its own.
  store.setState(signedIn, true);
  await settle();
  expect(sockets).toHaveLength(2);
});

test("a server that has gone silent is left", async () => {
  const { store, clock, sockets } = createStage();
  store.setState(signedIn, true);
  await settle();
  sockets[0]?.told({ type: "ping", timestamp: 1 });
  clock.advance(75_000);
  await settle();
  expect(sockets[0]?.closed).toBe(false);
  clock.advance(75_000);
  await settle();
  expect(sockets[0]?.closed).toBe(true);
});

const event = (seq: number, chatId: string) => ({
  type: "event",
  kind: "chat.renamed",
  seq,
  cursor: `c${seq}`,
  chat_id: chatId,
});

test("[16] a socket that is cut goes on where it was, and nothing is told twice", async () => {
  const { store, clock, sockets, stage, heard } = createStage();
  store.setState(signedIn, true);
  await settle();
  sockets[0]?.told({ type: "snapshot", work_packages: [], cursor: "c0", chats: [] });
  sockets[0]?.told(event(1, "a"));
  // What was said while nobody listened is in the answer to the question, in two parts.
  stage.changes = [
    { data: [event(2, "b")], more: true },
    { data: [event(3, "c")], more: false },
  ];
  sockets[0]?.end();
  await settle();
  sockets[0]?.told(event(2, "late"));
  expect(stage.paths).toEqual(["/v1/changes?cursor=c1", "/v1/changes?cursor=c2"]);
  clock.advance(1_100);
  await settle();
  sockets[1]?.told(event(4, "d"));
  // Of no cursor: it is no place to go on from.
  sockets[1]?.told({ type: "event", kind: "room.message", room: "r", room_seq: 7 });
  sockets[1]?.told({ type: "event", kind: "room.message", room_seq: 8 });
  sockets[1]?.told({ type: "resync", cursor: "c9" });
  sockets[1]?.end();
  await settle();
  expect(stage.cursors).toEqual([undefined, "c3"]);
  expect(stage.paths.at(-1)).toBe("/v1/changes?cursor=c9");
  expect(heard).toEqual([
    "all",
    ...["a", "b", "c"].map((id) => `chat.renamed ${id}`),
    // What happened in rooms is not in the answer; and from the next socket on it is told.
    "rooms",
    "rooms",
    "chat.renamed d",
    "room.message r 7",
    "room.message 8",
    "all",
    "rooms",
  ]);
});

test("where no socket gets through, the server is asked every 5 s, and a socket tried at least every 30 s", async () => {
  const { store, clock, stage, heard } = createStage();
  stage.blocked = true;
  store.setState(signedIn, true);
  await settle();
  stage.changes = [{ data: [event(1, "a")], more: false }];
  for (let at = 0; at < 120; at += 1) {
    expect(clock.sleeping()[0]).toBeLessThanOrEqual(5_000);
    clock.advance(1_000);
    await settle();
  }
  expect(stage.asked).toBeGreaterThanOrEqual(120 / 5);
  expect(stage.cursors.length).toBeGreaterThanOrEqual(120 / 30);
  expect(heard.filter((news) => news !== "rooms")).toEqual(["chat.renamed a"]);
  expect(heard.length).toBe(1 + stage.asked);
  stage.revoked = true;
  clock.advance(30_000);
  await settle();
  expect([store.getState().kind, clock.sleeping()]).toEqual(["signed-out", []]);
});

test("says over the open socket who writes, and hears it; where none is open nobody hears", async () => {
  const { store, sockets, heard, link } = createStage();
  const typing = { type: "typing", room: "r" } as const;
  link.say(typing);
  store.setState(signedIn, true);
  await settle();
  link.say(typing);
  sockets[0]?.told({ ...typing, login: "bob" });
  sockets[0]?.told({ type: "presence", logins: ["ann", "bob"] });
  expect(heard).toEqual(["room.typing r bob", "room.presence ann,bob"]);
  sockets[0]?.end();
  await settle();
  link.say(typing);
  expect(sockets[0]?.sent).toEqual(['{"type":"typing","room":"r"}']);
});
