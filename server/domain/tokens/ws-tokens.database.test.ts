import { createMemoryBus } from "#server/bus/memory-bus.ts";
import { describe, expect, test } from "vitest";
import type { Caller } from "#server/domain/access/caller.ts";
import { clientOf } from "#server/testing/client-of.ts";
import { databases, sqlite, type TestDatabase } from "#server/testing/databases.ts";
import { openSessionStage, origin } from "#server/testing/session-stage.ts";
import { createTokenGuard } from "./token-guard.ts";
import { createWsTokens, MAX_WS_TOKENS, WS_TOKEN_TTL_MS } from "./ws-tokens.ts";

async function openStage(open: TestDatabase["open"]) {
  const stage = await openSessionStage(open);
  const { store, clock } = stage.database;
  await store.auth.clients.insert(clientOf({ clientId: "pipit-cli", active: true }));
  const guard = createTokenGuard({ bus: createMemoryBus(), states: store.auth.tokenStates, clock });
  const { sessionId } = await stage.start();
  const caller: Caller = {
    userId: "alice",
    clientId: "pipit-cli",
    scope: ["api:read", "api:write"],
    anonymous: false,
    kind: "user",
    sessionId,
    tokenId: "jti-1",
  };
  return {
    ...stage,
    store,
    clock,
    caller,
    sessionId,
    wsTokens: createWsTokens(store.auth, guard),
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  };
}

describe("tokens for WebSockets", () => {
  const { open } = sqlite;

  test("speak for who asked, once", async () => {
    await using stage = await openStage(open);
    const { token, expiresAtMs } = await stage.wsTokens.issue(stage.caller, origin);
    expect(expiresAtMs - stage.clock.nowMs()).toBe(WS_TOKEN_TTL_MS);
    expect(await stage.wsTokens.redeem(token)).toEqual(stage.caller);
    await expect(stage.wsTokens.redeem(token)).rejects.toMatchObject({ code: "TOKEN_INVALID" });
  });

  test("are stored as a hash, and their issue is in the audit", async () => {
    await using stage = await openStage(open);
    const { token } = await stage.wsTokens.issue(stage.caller, origin);
    const rows = await stage.database.query("select * from one_time_tokens");
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(token);
    const events = await stage.database.query("select * from audit_events order by id");
    expect(events.at(-1)).toMatchObject({
      event: "token.issued",
      user_id: "alice",
      family_id: stage.sessionId,
      data: JSON.stringify({ grant: "ws-token" }),
    });
    expect(JSON.stringify(events)).not.toContain(token);
  });

  test("end after a quarter of an hour", async () => {
    await using stage = await openStage(open);
    const { token } = await stage.wsTokens.issue(stage.caller, origin);
    stage.clock.advance(WS_TOKEN_TTL_MS);
    await expect(stage.wsTokens.redeem(token)).rejects.toMatchObject({ code: "TOKEN_INVALID" });
  });

  test("end with the session", async () => {
    await using stage = await openStage(open);
    const { token } = await stage.wsTokens.issue(stage.caller, origin);
    await stage.sessions.revoke({ sessionId: stage.sessionId, reason: "revoked" }, origin);
    await expect(stage.wsTokens.redeem(token)).rejects.toMatchObject({ code: "TOKEN_INVALID" });
  });

  test("end with the access token that asked for them, and with the account", async () => {
    await using stage = await openStage(open);
    const first = await stage.wsTokens.issue(stage.caller, origin);
    const second = await stage.wsTokens.issue({ ...stage.caller, tokenId: "jti-2" }, origin);
    await stage.store.auth.tokenStates.revokeJti("jti-1", stage.clock.nowMs() + WS_TOKEN_TTL_MS);
    await expect(stage.wsTokens.redeem(first.token)).rejects.toMatchObject({ code: "TOKEN_INVALID" });
    await stage.store.auth.accounts.update("alice", { active: false }, stage.clock.nowMs());
    await expect(stage.wsTokens.redeem(second.token)).rejects.toMatchObject({ code: "ACCOUNT_CLOSED" });
  });

  test("of one session are as many as a program needs; the oldest goes first", async () => {
    await using stage = await openStage(open);
    const { token: oldest } = await stage.wsTokens.issue(stage.caller, origin);
    for (let count = 0; count < MAX_WS_TOKENS; count++) {
      stage.clock.advance(1);
      await stage.wsTokens.issue(stage.caller, origin);
    }
    expect(await stage.database.query("select hash from one_time_tokens")).toHaveLength(MAX_WS_TOKENS);
    await expect(stage.wsTokens.redeem(oldest)).rejects.toMatchObject({ code: "TOKEN_INVALID" });
  });

  test.each([
    ["empty", ""],
    ["short", "x"],
    ["of the right form, but nobody's", "A".repeat(43)],
    ["far too long", "A".repeat(10_000)],
  ])("are refused when they are %s", async (_name, token) => {
    await using stage = await openStage(open);
    await expect(stage.wsTokens.redeem(token)).rejects.toMatchObject({ code: "TOKEN_INVALID" });
  });

  test("are not for a caller without a session", async () => {
    await using stage = await openStage(open);
    const { sessionId: _sessionId, ...service } = stage.caller;
    await expect(stage.wsTokens.issue(service, origin)).rejects.toMatchObject({ code: "TOKEN_INVALID" });
  });
});

describe.each(databases)("tokens for WebSockets on $name, at once", ({ open }) => {
  test("go to one of eight takers at once", async () => {
    await using stage = await openStage(open);
    const { token } = await stage.wsTokens.issue(stage.caller, origin);
    const takers = await Promise.allSettled(Array.from({ length: 8 }, () => stage.wsTokens.redeem(token)));
    expect(takers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("are all good when twenty are asked for at once", async () => {
    await using stage = await openStage(open);
    const asked = Array.from({ length: MAX_WS_TOKENS }, () => stage.wsTokens.issue(stage.caller, origin));
    const taken = (await Promise.all(asked)).map(({ token }) => stage.wsTokens.redeem(token));
    expect(await Promise.all(taken)).toEqual(taken.map(() => stage.caller));
  });
});
