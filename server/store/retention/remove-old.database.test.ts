import { describe, expect, test } from "vitest";
import type { TurnBatch } from "#server/domain/imports/imported-chat.ts";
import { databases, type DatabaseStore } from "#server/testing/databases.ts";
import { webSessionOf } from "#server/testing/web-session-of.ts";
import { openSessionStage } from "#server/testing/session-stage.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const kept = { chatsKeptDays: 0, usageKeptDays: 400, usedTokensKeptDays: 30 };
const forever = { ...kept, usageKeptDays: 0 };

function sweep({ store }: Pick<DatabaseStore, "store">, days: Partial<typeof kept> = {}) {
  return store.removeOld({ ...kept, ...days }, new AbortController().signal);
}

async function* oneTurn(): AsyncGenerator<TurnBatch> {
  const said = { userText: "Q", parts: [{ kind: "text", text: "A" }], status: "done" } as const;
  const times = { createdAtMs: 1, finishedAtMs: 2, inputTokens: 0, outputTokens: 0 };
  const none = {
    parentTurnId: undefined,
    index: undefined,
    clientMessageId: undefined,
    picture: undefined,
    failure: undefined,
    model: undefined,
    files: [],
  };
  yield { turns: [{ id: "one", ...said, ...times, ...none }], isLast: true };
}

describe.each(databases)("what is kept long enough, on $name", ({ open }) => {
  test("[O11] a used refresh token is known for 30 days after its own end, and then only it goes", async () => {
    await using stage = await openSessionStage(open);
    const { database } = stage;
    const { refreshToken } = await stage.start();
    let leaf = refreshToken;
    // A refresh each ten days: the session goes on, the first token is used.
    for (let day = 0; day < 60; day += 10) {
      const rotated = await stage.refresh(leaf);
      if (rotated.kind !== "rotated") throw new Error(rotated.reason);
      leaf = rotated.refreshToken;
      database.clock.advance(10 * DAY_MS);
      if (day < 50) expect(await sweep(database)).toEqual({});
    }
    // The end of it and of its first successor was on day 30.
    expect(await sweep(database)).toEqual({ refresh_tokens: 2 });
    expect(await stage.refresh(refreshToken)).toMatchObject({ kind: "refused", reason: "unknown" });
    expect(await stage.refresh(leaf)).toMatchObject({ kind: "rotated" });
  });

  test("[O10] what has ended goes; usage after its days; chats only where that is wanted, and as their owners delete them", async () => {
    await using database = await open();
    const { store, clock } = database;
    const nowMs = clock.nowMs();
    const family = { user_id: "u", client_id: "c", scope: "s", amr: "pwd" };
    for (const [id, end] of [
      ["ended", nowMs],
      ["live", nowMs + 1_000],
    ] as const) {
      await database.query(
        `insert into refresh_families (id, user_id, client_id, scope, amr, created_at_ms, expires_at_ms)
         values ($1, $2, $3, $4, $5, 1, $6)`,
        id,
        ...Object.values(family),
        end,
      );
      await database.query(
        "insert into oidc_payloads (model, id_hash, sealed_payload, expires_at_ms) values ('Session', $1, 'x', $2)",
        id,
        end,
      );
      await database.query("insert into revoked_access_tokens (jti, expires_at_ms) values ($1, $2)", id, end);
      await database.query(
        `insert into one_time_tokens (hash, purpose, user_id, owner_id, data, created_at_ms, expires_at_ms)
         values ($1, 'ws', 'u', 'u', '', 1, $2)`,
        id,
        end,
      );
      await store.auth.webSessions.create(webSessionOf({ hash: id, id, expiresAtMs: end }));
    }
    const report = {
      userId: "u",
      hardwareId: "h",
      sessionId: "s",
      source: "s",
      model: "m",
      inputTokens: 1,
      outputTokens: 1,
    };
    const use = {
      userId: "u",
      model: "m",
      chatId: undefined,
      inputTokens: 1,
      outputTokens: 1,
      estimated: false,
    };
    for (const days of [0, 399, 401]) {
      await store.usage.add({ ...report, id: `r${days}`, createdAtMs: nowMs - days * DAY_MS });
      await store.tokenUse.add({ ...use, atMs: nowMs - days * DAY_MS });
      const atMs = nowMs - days * DAY_MS;
      await store.chats.create({
        id: `c${days}`,
        userId: "u",
        title: "T",
        createdAtMs: 1,
        updatedAtMs: atMs,
      });
    }
    // Its tokens go first, some at a time.
    for (let generation = 0; generation < 300; generation += 1)
      await database.query(
        "insert into refresh_tokens (hash, family_id, generation, expires_at_ms) values ($1, 'ended', $2, $3)",
        `h${generation}`,
        generation,
        nowMs + DAY_MS,
      );
    const one = { web_sessions: 1, one_time_tokens: 1, oidc_payloads: 1, revoked_access_tokens: 1 };
    expect(await sweep(database, forever)).toEqual({ refresh_tokens: 300, refresh_families: 1, ...one });
    expect(await sweep(database)).toEqual({ usage_reports: 1, token_use: 1 });
    expect(await sweep(database)).toEqual({});

    // Said in elsewhere long ago, and imported today; it is counted from now on.
    const chat = { origin: "claude", id: "theirs", title: "T", createdAtMs: 1, updatedAtMs: 2 } as const;
    const place = { pinned: false, archived: false, headTurnId: "one" };
    await store.imports.importChat("u", { ...chat, ...place }, oneTurn(), false);
    expect(await sweep(database, { chatsKeptDays: 400 })).toEqual({ chats: 1 });
    const imported = (await store.chats.inOrder("u", 1))[0]?.id ?? "";
    expect(await store.chats.find("u", imported)).toMatchObject({ updatedAtMs: 2 });
    // Somebody has said something in it since it was found to be old.
    const gone = store.chats.remove("u", "c399", nowMs - 400 * DAY_MS);
    await expect(gone).rejects.toMatchObject({ code: "CHAT_NOT_FOUND" });
    expect(await store.chats.find("u", "c401")).toBeUndefined();
    expect(await store.chats.find("u", "c399")).toBeDefined();
    // Devices are told, and what it held is wiped as with all that is deleted.
    const changes = await store.sync.after("u", 0, 100);
    expect(changes.filter(({ kind }) => kind === "chat.deleted")).toMatchObject([{ chatId: "c401" }]);
    clock.advance(60_000);
    expect(await store.purgeDeleted(new AbortController().signal)).toBe(1);
    clock.advance(400 * DAY_MS);
    expect(await sweep(database, { ...forever, chatsKeptDays: 400 })).toMatchObject({ chats: 3 });
    expect(await store.chats.find("u", imported)).toBeUndefined();
  });
});
