import { describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { createAuthenticate, type AuthenticateDeps } from "./authenticate.ts";
import type { Caller } from "./caller.ts";

const here = { local: true, page: false };
const away = { local: false, page: false };
const key = "0123456789abcdef0123456789abcdef";
const alice: Caller = {
  userId: "alice",
  clientId: "pipit-cli",
  scope: [],
  anonymous: false,
  kind: "user",
  tokenId: "token-1",
};
const none = { authorization: undefined };
const ownPage = { sessionToken: "cookie", fromOwnPage: true };

function setUp(deps: Partial<AuthenticateDeps> = {}) {
  const methods: string[] = [];
  const verified: string[] = [];
  const authenticate = createAuthenticate({
    accessTokens: {
      async verify(token) {
        verified.push(token);
        if (token !== "good") throw new PipitError("TOKEN_INVALID", "No.");
        return alice;
      },
    },
    apiKeys: { verify: async (token) => (token === "pipit_key" ? { ...alice, apiKeyId: "k" } : undefined) },
    webSessions: { verify: async (token) => ({ ...alice, clientId: token }) },
    anonymousUserId: undefined,
    onAuthenticated: (method) => methods.push(method),
    ...deps,
  });
  return { authenticate, methods, verified };
}

describe("authenticate", () => {
  test("takes a bearer token, and asks the guard about it", async () => {
    const asked: unknown[] = [];
    const { authenticate, methods } = setUp({
      guard: {
        async check(caller, options) {
          asked.push(options);
          return { ...caller, pendingOtp: true };
        },
      },
    });
    expect(await authenticate({ authorization: "Bearer good" }, away)).toEqual({
      ...alice,
      pendingOtp: true,
    });
    await authenticate({ authorization: "bearer  good ", allowPendingOtp: true }, away);
    expect(asked).toEqual([{ allowPendingOtp: undefined }, { allowPendingOtp: true }]);
    expect(methods).toEqual(["bearer", "bearer"]);
  });

  test("takes an API key, about which there is nothing to ask the guard", async () => {
    const { authenticate, methods, verified } = setUp({
      guard: { check: async () => Promise.reject(new PipitError("TOKEN_INVALID", "Ended.")) },
    });
    const caller = await authenticate({ authorization: "Bearer pipit_key" }, away);
    expect([caller.apiKeyId, methods, verified]).toEqual(["k", ["api-key"], []]);
  });

  test("refuses whom the guard refuses", async () => {
    const { authenticate, methods } = setUp({
      guard: { check: async () => Promise.reject(new PipitError("TOKEN_INVALID", "Ended.")) },
    });
    await expect(authenticate({ authorization: "Bearer good" }, away)).rejects.toMatchObject({
      code: "TOKEN_INVALID",
    });
    expect(methods).toEqual([]);
  });

  test.each([
    "good",
    "Basic good",
    "Bearer",
    "Bearer ",
    "Bearer good, Bearer good",
    "Bearer a b",
    "Bearer bad",
  ])("refuses the authorization %j, whatever else is shown", async (authorization) => {
    const { authenticate } = setUp({ internalKey: key, anonymousUserId: "local" });
    await expect(
      authenticate({ authorization, internalKey: key, page: ownPage }, here),
    ).rejects.toMatchObject({ code: "TOKEN_INVALID" });
  });

  test("takes the internal key as a service with every right of one", async () => {
    const { authenticate, methods } = setUp({ internalKey: key });
    const caller = await authenticate({ ...none, internalKey: key }, away);
    expect(caller).toEqual({
      userId: "internal",
      clientId: "internal",
      scope: ["api:admin", "api:read", "api:write"],
      anonymous: false,
      kind: "service",
    });
    expect(methods).toEqual(["internal"]);
  });

  test.each([`${key}x`, key.slice(1), key.toUpperCase(), `${key}, ${key}`, "x"])(
    "refuses the internal key %j and does not repeat it",
    async (internalKey) => {
      const { authenticate } = setUp({ internalKey: key, anonymousUserId: "local" });
      const refused = authenticate({ ...none, internalKey, page: ownPage }, here);
      await expect(refused).rejects.toMatchObject({ code: "TOKEN_INVALID", field: "x-internal-auth" });
      await expect(refused).rejects.not.toThrow(internalKey.length > 1 ? internalKey : "no such text");
    },
  );

  test.each([undefined, ""])("knows no internal key while none is set (%j)", async (internalKey) => {
    const { authenticate } = setUp({ internalKey });
    for (const shown of [key, "", "undefined"]) {
      await expect(authenticate({ ...none, internalKey: shown }, away)).rejects.toMatchObject({
        code: "TOKEN_MISSING",
      });
    }
  });

  test("takes a cookie of its own page, and no other page's", async () => {
    const { authenticate, methods } = setUp();
    expect(await authenticate({ ...none, page: ownPage }, away)).toMatchObject({ clientId: "cookie" });
    await expect(
      authenticate({ ...none, page: { ...ownPage, fromOwnPage: false } }, away),
    ).rejects.toMatchObject({ code: "NOT_ALLOWED" });
    expect(methods).toEqual(["cookie"]);
  });

  test("lets original clients in from this machine only, and only while that is switched on", async () => {
    const { authenticate, methods } = setUp({ anonymousUserId: "local" });
    expect(await authenticate(none, here)).toMatchObject({ userId: "local", anonymous: true, kind: "user" });
    await expect(authenticate(none, away)).rejects.toMatchObject({ code: "TOKEN_MISSING" });
    await expect(authenticate(none, { local: true, page: true })).rejects.toMatchObject({
      code: "TOKEN_MISSING",
    });
    await expect(setUp().authenticate(none, here)).rejects.toMatchObject({ code: "TOKEN_MISSING" });
    expect(methods).toEqual(["anonymous"]);
  });
});
