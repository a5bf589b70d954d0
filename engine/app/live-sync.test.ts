import { expect, test } from "vitest";
import { createAppHarness } from "#engine/testing/app-harness.ts";
import { finish, text, turn } from "#engine/testing/chat-engine-kit.ts";
import { json } from "#engine/testing/fake-http.ts";

const times = { created_at: "2026-01-01", updated_at: "2026-01-01" };
const stored = (id: string, content: string) => [
  { role: "user", id: `${id}q`, turn_id: id, content, created_at: "2026-01-01", step_data: {} },
  { role: "assistant", id: `${id}a`, turn_id: id, content: "Yes.", created_at: "2026-01-01", step_data: {} },
];

/** An application that shows the chat "one" of a server, whose answers the test may change. */
async function openStage() {
  const at = createAppHarness();
  const server = { title: "One", messages: [...stored("t1", "First?")] as object[], gone: false };
  await at.app.start();
  for (const http of [at.http, at.chat.http]) {
    http.answer(({ path }) => {
      if (server.gone) return json(404, {});
      const chat = { id: "one", title: server.title, ...times };
      return json(200, path.endsWith("/messages") ? { data: server.messages } : chat);
    });
  }
  await at.app.commands.openChat({ chatId: "one" });
  at.http.requests.length = 0;
  const shown = () => at.chat.engine.store.getState();
  return {
    at,
    server,
    shown,
    changed: () => at.app.state.getState().changed,
    asked: () =>
      [...at.http.requests, ...at.chat.http.requests].map(({ method, path }) => `${method} ${path}`),
    problems: () => at.log.filter((line) => line.startsWith("problem")),
    [Symbol.asyncDispose]: () => at.app[Symbol.asyncDispose](),
  };
}

test("[16] what other devices do is shown: a title, an answer, a deletion; each list is read again once for all that comes at once", async () => {
  await using stage = await openStage();
  const { at, server, shown, changed, asked, problems } = stage;
  server.title = "Renamed";
  for (let n = 0; n < 20; n += 1) at.tell({ kind: "chat.renamed", chatId: "one" });
  at.tell({ kind: "chat.created", chatId: "two" });
  await expect.poll(() => shown().title).toBe("Renamed");
  expect(changed()).toEqual({ chats: 1 });
  expect(asked()).toEqual(["GET /v1/chats/one"]);

  server.messages.push(...stored("t2", "Asked elsewhere"));
  at.tell({ kind: "turn.finished", chatId: "one", turnId: "t2" });
  await expect.poll(() => shown().messages.length).toBe(4);
  // Neither the questions of other chats nor what is of no chat reads the one that is shown.
  at.tell({ kind: "turn.begun", chatId: "two", turnId: "x" });
  for (const kind of ["memory.changed", "project.changed", "settings.changed"] as const) at.tell({ kind });
  await expect.poll(changed).toEqual({ chats: 3, memories: 1 });
  expect(asked()).toEqual(["GET /v1/chats/one", "GET /v1/chats/one/messages"]);

  // Each at once for whoever tells of it, the list once for all.
  at.tell({ kind: "room.message", room: "r", roomSeq: 3 });
  at.tell({ kind: "room.mention", roomSeq: 4 });
  at.tell({ kind: "rooms" });
  at.tell({ kind: "room.typing", room: "r", login: "bob" });
  await expect.poll(changed).toEqual({ chats: 3, memories: 1, rooms: 1 });
  expect(at.log.filter((line) => line.startsWith("room"))).toEqual([
    "room.message r 3",
    "room.mention - 4",
    "room.typing r undefined",
  ]);

  // Projects are read where they are shown.
  at.app.show({ projects: [] });
  at.tell({ kind: "project.changed" });
  await expect.poll(asked).toContain("GET /v1/projects");

  server.gone = true;
  at.tell({ kind: "chat.deleted", chatId: "one" });
  await expect.poll(() => shown().chatId).toBe(undefined);
  expect(problems()).toEqual(["problem CHAT_NOT_FOUND"]);
});

test("what is asked or deleted here is no news, and what was missed is read again: all", async () => {
  await using stage = await openStage();
  const { at, server, shown, changed, asked, problems } = stage;
  await at.app.commands.send({ text: "Own" });
  const call = await at.chat.transport.call(0);
  at.tell({ kind: "turn.begun", chatId: "one", turnId: "own" });
  finish(call, turn("one", "own"), text("Answer"));
  await at.chat.engine.idle();
  const after = asked();
  at.tell({ kind: "turn.finished", chatId: "one", turnId: shown().messages.at(-1)?.turnId });
  // Told after it, hence shown after it.
  at.tell({ kind: "memory.changed" });
  await expect.poll(changed).toEqual({ memories: 1 });
  expect(asked()).toEqual(after);

  at.tell({ kind: "all" });
  await expect.poll(changed).toEqual({ chats: 1, memories: 2, rooms: 1 });
  await expect.poll(asked).toEqual([...after, "GET /v1/chats/one", "GET /v1/chats/one/messages"]);

  const deleted = at.app.commands.deleteChat({ chatId: "one" });
  server.gone = true;
  at.tell({ kind: "chat.deleted", chatId: "one" });
  await deleted.catch(() => undefined);
  await expect.poll(() => shown().chatId).toBe(undefined);
  expect(problems()).toEqual([]);
});
