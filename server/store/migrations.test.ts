import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { openStore } from "./store.ts";
import { openTemporaryStore } from "./testing/temporary-store.ts";

const account = { id: "a1", login: "ann", displayName: "Ann", local: false, active: true, createdAtMs: 5 };
const session = {
  hash: "h1",
  userId: "a1",
  clientId: "pipit-web",
  scope: "api:read",
  createdAtMs: 1,
  lastSeenAtMs: 1,
  expiresAtMs: 2,
};

test("a database of the first release gets what came since, and keeps what it holds", async () => {
  await using temporary = await openTemporaryStore();
  await temporary.store.accounts.create(account);
  await temporary.store[Symbol.asyncDispose]();
  const first = new Database(temporary.file);
  first.exec("DROP TABLE web_sessions; DROP TABLE sign_in_codes");
  first.exec("DELETE FROM kysely_migration WHERE name > '0001_accounts_chats_turns_tokens'");
  first.close();

  const { file, clock, logger } = temporary;
  await using store = await openStore({ file, clock, logger });
  expect(store.setAside).toBeUndefined();
  expect(await store.accounts.findById("a1")).toEqual(account);
  await store.webSessions.create(session);
  expect(await store.webSessions.find("h1")).toEqual(session);
});
