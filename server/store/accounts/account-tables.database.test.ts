import { describe, expect, test } from "vitest";
import { COMMON_ROOM } from "#server/domain/rooms/ports.ts";
import { accountOf } from "#server/testing/account-of.ts";
import { databases, type DatabaseStore } from "#server/testing/databases.ts";
import { accountTables } from "./account-tables.ts";

describe.each(databases)("what an account owns, on $name", ({ name, open }) => {
  test("is erased, ended or kept when its owner closes it, as is decided of every table that names accounts", async () => {
    await using temporary = await open();
    const columns = await temporary.query(
      name === "SQLite"
        ? "select m.name as t from sqlite_master m, pragma_table_info(m.name) c where m.type = 'table' and c.name in ('user_id', 'author_id', 'account_id')"
        : "select table_name as t from information_schema.columns where table_schema = 'public' and column_name in ('user_id', 'author_id', 'account_id')",
    );
    // A new table belongs into the list, with what becomes of its rows.
    expect(new Set(columns.map(({ t }) => t))).toEqual(new Set(Object.keys(accountTables)));

    const { auth } = temporary.store;
    for (const userId of ["ann", "bob"]) await fill(temporary, userId);
    await auth.transaction(async (tx) => {
      await tx.accounts.update("ann", { active: false }, 1);
      await tx.accounts.eraseOwned("ann");
    });
    // What an answer has cost that was broken off by this.
    await addUse(temporary, "ann");
    const erased = Object.entries(accountTables).flatMap(([table, fate]) =>
      fate === "erased" ? [table] : [],
    );
    for (const table of erased) {
      expect([table, await temporary.query(`select distinct user_id from ${table}`)]).toEqual([
        table,
        [{ user_id: "bob" }],
      ]);
    }
  });
});

async function fill(temporary: DatabaseStore, userId: string): Promise<void> {
  const { auth, oidcPayloads, programEvents, rooms, usage } = temporary.store;
  await auth.accounts.create(accountOf({ id: userId, login: userId }));
  const times = { createdAtMs: 1, updatedAtMs: 1 };
  await auth.projects.create({
    id: `p-${userId}`,
    userId,
    name: "P",
    instructions: "",
    remembers: true,
    ...times,
  });
  const key = {
    id: `k-${userId}`,
    hash: `h-${userId}`,
    userId,
    name: "K",
    scope: "api:read",
    createdAtMs: 1,
    expiresAtMs: 2,
  };
  await auth.apiKeys.add({ ...key, lastUsedAtMs: undefined });
  await auth.tokenLimits.change(userId, { tokensPerDay: 5 });
  const answeredBy = { ownerId: "server", leaseMs: 1_000 };
  const asked = { text: "@pipit?", clientMessageId: undefined, replyTo: undefined, answeredBy };
  await rooms.append({ id: `m-${userId}`, roomId: COMMON_ROOM, authorId: userId, ...asked });
  const event = { eventId: "e", eventType: "t", aggregateId: "a", nodeId: "n", lamportClock: 1 };
  await programEvents.add(userId, [{ ...event, data: "{}" }]);
  await oidcPayloads.upsert({
    model: "Session",
    idHash: `o-${userId}`,
    sealedPayload: "x",
    userId,
    grantHash: undefined,
    uidHash: undefined,
    userCodeHash: undefined,
    consumedAtMs: undefined,
    expiresAtMs: undefined,
  });
  await addUse(temporary, userId);
  const report = { id: `r-${userId}`, userId, hardwareId: "h", sessionId: "s", source: "s", model: "m" };
  await usage.add({ ...report, inputTokens: 1, outputTokens: 1, createdAtMs: 1 });
}

async function addUse({ store }: DatabaseStore, userId: string): Promise<void> {
  const cost = { model: "m", inputTokens: 1, outputTokens: 1, estimated: false };
  await store.tokenUse.add({ userId, chatId: undefined, ...cost, atMs: 1 });
}
