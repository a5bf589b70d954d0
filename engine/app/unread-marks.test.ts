import { expect, test } from "vitest";
import { createAppHarness } from "#engine/testing/app-harness.ts";
import { finish, text, turn } from "#engine/testing/chat-engine-kit.ts";
import { json } from "#engine/testing/fake-http.ts";

test("an answer that ends in a chat out of sight marks it as unread until it is opened, and the list is news each time", async () => {
  const at = createAppHarness();
  await using app = at.app;
  await app.start();
  let unread = false;
  at.http.answer(({ method, path, body }) => {
    if (method === "PUT") ({ unread } = JSON.parse(body ?? "") as { unread: boolean });
    const chat = { id: "one", title: "One", created_at: "2026-01-01", updated_at: "2026-01-01", unread };
    return json(200, path.endsWith("/messages") ? { data: [] } : chat);
  });
  const marks = () => at.http.requests.filter(({ method }) => method === "PUT").map(({ path }) => path);
  const state = () => app.state.getState().unreadChanges;

  // Seen as it comes.
  await app.commands.send({ text: "a" });
  finish(await at.chat.transport.call(0), turn("one"), text("A"));
  await at.chat.engine.idle();
  expect([marks(), state()]).toEqual([[], undefined]);

  await app.commands.send({ text: "b" });
  const second = await at.chat.transport.call(1);
  second.emit(turn("one"));
  await app.commands.newChat();
  finish(second, text("B"));
  await expect.poll(state).toBe(1);
  expect([marks(), unread]).toEqual([["/v1/chats/one"], true]);

  await app.commands.openChat({ chatId: "one" });
  await expect.poll(state).toBe(2);
  expect([marks(), unread]).toEqual([["/v1/chats/one", "/v1/chats/one"], false]);
  // Read already.
  await app.commands.openChat({ chatId: "one" });
  expect(marks()).toHaveLength(2);
});
