import type { FastifyRequest } from "fastify";
import { describe, expect, test } from "vitest";
import { databases } from "#server/testing/databases.ts";
import { openSessionStage, origin, type SessionStage } from "#server/testing/session-stage.ts";
import { OAuthError } from "../kit/oauth-error.ts";
import { CodeReplayedError, type CodeRedeemer, type RedeemedCode } from "./code-redeemer.ts";
import { createAuthorizationCodeGrant, createDeviceGrant } from "./codes.ts";
import type { GrantRequest } from "./grant.ts";

const sqlite = databases[0]?.open ?? (() => Promise.reject(new Error("SQLite is always there")));

/** A redeemer that gives every code once. */
function createRedeemer(redeemed: RedeemedCode): CodeRedeemer {
  const used = new Set<string>();
  const take = async (code: string): Promise<RedeemedCode> => {
    if (used.has(code)) throw new CodeReplayedError(redeemed.originHash);
    used.add(code);
    return redeemed;
  };
  return { redeemCode: ({ code }) => take(code), redeemDevice: ({ deviceCode }) => take(deviceCode) };
}

function requestOf(stage: SessionStage, fields: Readonly<Record<string, string>>): GrantRequest {
  return {
    form: {
      get: (name) => fields[name],
      need(name) {
        const value = fields[name];
        if (value === undefined) throw new OAuthError("invalid_request", `${name} is missing.`);
        return value;
      },
    },
    client: stage.client,
    // Neither grant looks at it.
    request: {} as FastifyRequest,
    origin,
  };
}

function grantsOf(stage: SessionStage, change: Partial<RedeemedCode> = {}) {
  const nowMs = stage.database.clock.nowMs();
  const redeemed: RedeemedCode = {
    userId: "alice",
    scope: "api:read openid",
    nonce: "n-1",
    authTimeMs: nowMs - 60_000,
    credentialsVersion: 0,
    originHash: "o1",
    ...change,
  };
  const deps = {
    redeemer: createRedeemer(redeemed),
    signIn: stage.signIn,
    sessions: stage.sessions,
  };
  const code = createAuthorizationCodeGrant(deps);
  const device = createDeviceGrant(deps);
  return {
    code: (fields: Readonly<Record<string, string>> = { code: "c1" }) => code(requestOf(stage, fields)),
    device: (fields: Readonly<Record<string, string>> = { device_code: "d1" }) =>
      device(requestOf(stage, fields)),
  };
}

describe.each(["code", "device"] as const)("the grant of a %s", (kind) => {
  test("starts a session with what was approved", async () => {
    await using stage = await openSessionStage(sqlite);
    const granted = await grantsOf(stage)[kind]();
    expect(granted).toMatchObject({
      kind: "user",
      account: { id: "alice" },
      scope: "api:read openid",
      nonce: "n-1",
      amr: ["pwd"],
      refreshToken: expect.any(String),
      refreshed: false,
    });
    const [session] = await stage.sessions.listLive("alice");
    expect(session).toMatchObject({ originHash: "o1", authTimeMs: stage.database.clock.nowMs() - 60_000 });
  });

  test("is refused without its parameter", async () => {
    await using stage = await openSessionStage(sqlite);
    await expect(grantsOf(stage)[kind]({})).rejects.toMatchObject({ code: "invalid_request" });
  });

  test("[15] used twice ends the session that it gave the first time, and no other", async () => {
    await using stage = await openSessionStage(sqlite);
    const other = await stage.start();
    const grants = grantsOf(stage);
    const granted = await grants[kind]();
    await expect(grants[kind]()).rejects.toMatchObject({
      code: "invalid_grant",
      about: { reason: "code-replayed" },
    });
    const refreshToken = granted.kind === "user" ? (granted.refreshToken ?? "") : "";
    expect(await stage.refresh(refreshToken)).toMatchObject({ reason: "revoked" });
    expect((await stage.refresh(other.refreshToken)).kind).toBe("rotated");
  });

  test("[15] used twice at the same moment leaves no session alive", async () => {
    await using stage = await openSessionStage(sqlite);
    const grants = grantsOf(stage);
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => grants[kind]()));
    expect(outcomes.filter(({ status }) => status === "fulfilled").length).toBeLessThanOrEqual(1);
    expect(await stage.sessions.listLive("alice")).toEqual([]);
  });

  test("[32] is refused for an account that was switched off after the approval", async () => {
    await using stage = await openSessionStage(sqlite);
    await stage.database.store.auth.accounts.update("alice", { active: false }, 1);
    await expect(grantsOf(stage)[kind]()).rejects.toMatchObject({ code: "CREDENTIALS_INVALID" });
    expect(await stage.sessions.listLive("alice")).toEqual([]);
  });

  test("is refused when the password was changed after the approval, not when before", async () => {
    await using stage = await openSessionStage(sqlite);
    const nowMs = stage.database.clock.nowMs();
    await stage.database.store.auth.accounts.setPassword("alice", "hash", nowMs);
    await expect(grantsOf(stage)[kind]()).rejects.toMatchObject({ code: "CREDENTIALS_INVALID" });
    expect((await grantsOf(stage, { credentialsVersion: 1 })[kind]()).kind).toBe("user");
  });
});
