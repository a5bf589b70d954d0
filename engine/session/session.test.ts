import { describe, expect, test } from "vitest";
import { LOCAL_GRANT_TYPE } from "#contract/auth-wire.ts";
import type { HttpRequest, HttpResponse, StoredTokens } from "#engine/ports.ts";
import { createFakeClock, settle } from "#engine/testing/fake-clock.ts";
import { createFakeHttp, form, json, unreachable, type FakeHttp } from "#engine/testing/fake-http.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { createFakeTokenStore, type FakeTokenStore } from "#engine/testing/fake-token-store.ts";
import { createSession } from "./session.ts";
import type { TokenUpdated } from "./session-api.ts";

const SERVER = "http://127.0.0.1:8787";
const HOUR_MS = 3_600_000;
const signal = new AbortController().signal;

const clock0 = createFakeClock();
function tokens(over: Partial<StoredTokens> = {}): StoredTokens {
  return {
    accessToken: "access-1",
    refreshToken: "refresh-1",
    accessExpiresAtMs: clock0.nowMs() + 900_000,
    refreshExpiresAtMs: clock0.nowMs() + 30 * 24 * HOUR_MS,
    accountId: "ann",
    accountName: "Ann",
    local: true,
    serverUrl: SERVER,
    ...over,
  };
}

function grant(n: number, account = "ann"): HttpResponse {
  return json(200, {
    access_token: `access-${n}`,
    refresh_token: `refresh-${n}`,
    token_type: "Bearer",
    expires_in: 900,
    scope: "chat",
    refresh_expires_in: 2_592_000,
    account: { id: account, name: "Ann", local: true },
  });
}

function setup(stored?: StoredTokens, shared: { store?: FakeTokenStore; http?: FakeHttp } = {}) {
  const clock = createFakeClock();
  const http = shared.http ?? createFakeHttp();
  const store = shared.store ?? createFakeTokenStore(stored);
  const logger = createFakeLogger();
  const secrets: (string | undefined)[] = [];
  const session = createSession({
    tokenStore: store,
    http,
    localSecret: { read: async () => secrets.shift() },
    clock,
    logger,
    clientId: "pipit-cli",
    serverUrl: SERVER,
  });
  const updates: TokenUpdated[] = [];
  session.onTokenUpdated((event) => updates.push(event));
  return { session, clock, http, store, logger, secrets, updates, state: () => session.store.getState() };
}

/** A JWT whose signature nobody looks at. */
function jwt(payload: unknown): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256" })}.${part(payload)}.signature`;
}

describe("restore", () => {
  test("takes up stored tokens of this server", async () => {
    const s = setup(tokens());
    expect(s.state()).toEqual({ kind: "unknown" });
    await s.session.restore(signal);
    expect(s.state()).toEqual({ kind: "signed-in", accountId: "ann", accountName: "Ann", local: true });
    expect(await s.session.accessToken(signal)).toBe("access-1");
    expect(s.http.requests).toEqual([]);
    expect(s.updates).toEqual([
      { name: "auth.token_updated", accountId: "ann", accessExpiresAtMs: tokens().accessExpiresAtMs },
    ]);
    expect(s.session.place()).toEqual({ kind: "memory" });
  });

  test.each([
    { name: "nothing", stored: undefined, reason: "never" },
    {
      name: "tokens of another server",
      stored: tokens({ serverUrl: "https://other.example" }),
      reason: "never",
    },
    {
      name: "tokens past their end",
      stored: tokens({ accessExpiresAtMs: 1, refreshExpiresAtMs: 1 }),
      reason: "expired",
    },
  ])("with $name stored is signed out, and nothing is sent anywhere", async ({ stored, reason }) => {
    const s = setup(stored);
    expect(await s.session.restore(signal)).toEqual({ kind: "signed-out", reason });
    await expect(s.session.accessToken(signal)).rejects.toMatchObject({ code: "SIGNED_OUT" });
    expect(s.http.requests).toEqual([]);
    expect(s.store.stored).toBe(stored);
  });

  test("tells of a store that cannot be read, and works once it can", async () => {
    const s = setup(tokens());
    s.store.loadError = new Error("secret detail");
    expect(await s.session.restore(signal)).toMatchObject({ kind: "failed", code: "INTERNAL" });
    s.store.loadError = undefined;
    expect(await s.session.restore(signal)).toMatchObject({ kind: "signed-in" });
  });

  test("happens by itself at the first need of a token", async () => {
    const s = setup(tokens());
    expect(await s.session.accessToken(signal)).toBe("access-1");
    expect(s.state().kind).toBe("signed-in");
  });
});

describe("refresh", () => {
  test("happens when less than 60 s remain, under the lock, saved before use", async () => {
    const s = setup(tokens());
    s.http.answer(() => {
      expect(s.store.isLocked()).toBe(true);
      return grant(2);
    });
    s.clock.advance(840_000);
    expect(await s.session.accessToken(signal)).toBe("access-1");
    s.clock.advance(1);
    expect(await s.session.accessToken(signal)).toBe("access-2");
    expect(s.store.stored).toMatchObject({
      accessToken: "access-2",
      refreshToken: "refresh-2",
      serverUrl: SERVER,
    });
    expect(s.http.requests).toHaveLength(1);
    expect(s.http.requests[0]).toMatchObject({ method: "POST", path: "/oauth/token" });
    expect(form(s.http.requests[0])).toEqual({
      grant_type: "refresh_token",
      refresh_token: "refresh-1",
      client_id: "pipit-cli",
    });
    expect(s.updates).toHaveLength(2);
  });

  test("of many callers at once is one; one caller's abort ends only its own waiting", async () => {
    const s = setup(tokens({ accessExpiresAtMs: 0 }));
    const answer = Promise.withResolvers<HttpResponse>();
    s.http.answer(() => answer.promise);
    const controller = new AbortController();
    const aborted = s.session.accessToken(controller.signal);
    const others = [
      s.session.accessToken(signal),
      s.session.renew("access-1", signal),
      s.session.accessToken(signal),
    ];
    await settle();
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ code: "CANCELLED" });
    answer.resolve(grant(2));
    expect(await Promise.all(others)).toEqual(["access-2", "access-2", "access-2"]);
    expect(s.http.requests).toHaveLength(1);
  });

  test("by two processes at once spends the refresh token once", async () => {
    const store = createFakeTokenStore(tokens({ accessExpiresAtMs: 0 }));
    const http = createFakeHttp();
    const spent = new Set<string>();
    http.answer((request) => {
      const token = form(request)["refresh_token"] ?? "";
      if (spent.has(token)) return json(400, { error: "invalid_grant" });
      spent.add(token);
      return grant(spent.size + 1);
    });
    const processes = [1, 2, 3, 4].map(() => setup(undefined, { store, http }));
    const got = await Promise.all(processes.map((s) => s.session.accessToken(signal)));
    expect(got).toEqual(["access-2", "access-2", "access-2", "access-2"]);
    expect(http.requests).toHaveLength(1);
    expect(processes.every((s) => s.state().kind === "signed-in")).toBe(true);
  });

  test.each([
    {
      name: "no network",
      answer: () => Promise.reject<HttpResponse>(unreachable()),
      code: "SERVER_UNREACHABLE",
    },
    { name: "HTTP 500", answer: () => json(500, {}), code: "SERVER_UNREACHABLE" },
    {
      name: "HTTP 503 from a proxy",
      answer: () => ({ status: 503, headers: {}, body: "<html>" }),
      code: "SERVER_UNREACHABLE",
    },
    {
      name: "another OAuth error",
      answer: () => json(400, { error: "invalid_request" }),
      code: "SERVER_UNREACHABLE",
    },
    {
      name: "an unreadable answer",
      answer: () => json(200, { access_token: "x" }),
      code: "SERVER_UNREACHABLE",
    },
    { name: "HTTP 429", answer: () => json(429, {}, { "Retry-After": "7" }), code: "RATE_LIMITED" },
  ])("that fails by $name does not end the session", async ({ answer, code }) => {
    const s = setup(tokens({ accessExpiresAtMs: 0 }));
    s.http.answer(answer);
    const error = await s.session.accessToken(signal).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code });
    if (code === "RATE_LIMITED") expect(error).toMatchObject({ retryAfterMs: 7000 });
    expect(s.state().kind).toBe("signed-in");
    expect(s.store.stored?.refreshToken).toBe("refresh-1");
    s.http.answer(() => grant(2));
    expect(await s.session.accessToken(signal)).toBe("access-2");
  });

  test("that is never answered ends after 8 s, and the session stays", async () => {
    const s = setup(tokens({ accessExpiresAtMs: 0 }));
    let given: AbortSignal | undefined;
    s.http.answer((_request, limited) => {
      given = limited;
      return new Promise(() => {});
    });
    const pending = s.session.accessToken(signal);
    await settle();
    s.clock.advance(8000);
    await expect(pending).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    expect(given?.aborted).toBe(true);
    expect(s.state().kind).toBe("signed-in");
  });

  test("that fails while the token still lives uses it", async () => {
    const s = setup(tokens({ accessExpiresAtMs: clock0.nowMs() + 30_000 }));
    expect(await s.session.accessToken(signal)).toBe("access-1");
    expect(s.http.requests).toHaveLength(1);
  });

  test.each([
    { name: "400 invalid_grant", answer: json(400, { error: "invalid_grant" }) },
    { name: "401", answer: json(401, { error: "invalid_client" }) },
    { name: "403", answer: { status: 403, headers: {}, body: "" } },
  ])("refused with $name ends the session and clears the store", async ({ answer }) => {
    const s = setup(tokens({ accessExpiresAtMs: 0 }));
    s.http.answer(() => answer);
    await expect(s.session.accessToken(signal)).rejects.toMatchObject({ code: "SIGNED_OUT" });
    expect(s.state()).toEqual({ kind: "signed-out", reason: "expired" });
    expect(s.store.stored).toBeUndefined();
  });

  test("refused while another program has stored newer tokens counts as success", async () => {
    const s = setup(tokens({ accessExpiresAtMs: 0 }));
    s.http.answer(() => {
      s.store.stored = tokens({ accessToken: "access-9", refreshToken: "refresh-9" });
      return json(400, { error: "invalid_grant" });
    });
    expect(await s.session.accessToken(signal)).toBe("access-9");
    expect(s.state().kind).toBe("signed-in");
  });

  test("whose result cannot be stored is used anyway, and stored later", async () => {
    const s = setup(tokens({ accessExpiresAtMs: 0 }));
    s.store.saveError = new Error("disk full");
    s.http.answer(() => grant(2));
    expect(await s.session.accessToken(signal)).toBe("access-2");
    expect(s.logger.lines.map((line) => line.event)).toContain("auth.tokens_not_saved");
    expect(s.store.stored?.accessToken).toBe("access-1");
    s.store.saveError = undefined;
    expect(await s.session.accessToken(signal)).toBe("access-2");
    expect(s.store.stored).toMatchObject({ accessToken: "access-2", refreshToken: "refresh-2" });
  });

  test("notices that another process has signed out, or signed in as somebody else", async () => {
    const out = setup(tokens());
    await out.session.restore(signal);
    out.store.stored = undefined;
    await expect(out.session.renew("access-1", signal)).rejects.toMatchObject({ code: "SIGNED_OUT" });
    expect(out.state()).toEqual({ kind: "signed-out", reason: "logout" });
    const other = setup(tokens());
    await other.session.restore(signal);
    other.store.stored = tokens({ accessToken: "bobs", accountId: "bob", accessExpiresAtMs: 5 });
    expect(await other.session.renew("access-1", signal)).toBe("bobs");
    expect(other.state()).toMatchObject({ accountId: "bob" });
  });
});

describe("renew and refuse", () => {
  test("renew of a token that is no longer current gives the current one", async () => {
    const s = setup(tokens());
    expect(await s.session.renew("older", signal)).toBe("access-1");
    expect(s.http.requests).toEqual([]);
  });

  test("renew of the current token refreshes although it looks alive", async () => {
    const s = setup(tokens());
    s.http.answer(() => grant(2));
    expect(await s.session.renew("access-1", signal)).toBe("access-2");
  });

  test("refuse ends the session, but not for an older token", async () => {
    const s = setup(tokens());
    await s.session.restore(signal);
    await s.session.refuse("older", signal);
    expect(s.state().kind).toBe("signed-in");
    await s.session.refuse("access-1", signal);
    expect(s.state()).toEqual({ kind: "signed-out", reason: "refused" });
    expect(s.store.stored).toBeUndefined();
  });
});

describe("local sign-in", () => {
  test("exchanges the one-time secret", async () => {
    const s = setup();
    s.secrets.push("one-time");
    s.http.answer(() => grant(1));
    const states: string[] = [];
    s.session.store.subscribe((state) => states.push(state.kind));
    expect(await s.session.signInLocally(signal)).toMatchObject({ kind: "signed-in", local: true });
    expect(states).toEqual(["signing-in", "signed-in"]);
    expect(form(s.http.requests[0])).toEqual({
      grant_type: LOCAL_GRANT_TYPE,
      secret: "one-time",
      client_id: "pipit-cli",
    });
    expect(s.store.stored?.accessToken).toBe("access-1");
  });

  test("reads the secret again when another process has used it up", async () => {
    const s = setup();
    s.secrets.push("used", "fresh");
    s.http.answer((request: HttpRequest) =>
      form(request)["secret"] === "fresh" ? grant(1) : json(400, { error: "invalid_grant" }),
    );
    expect(await s.session.signInLocally(signal)).toMatchObject({ kind: "signed-in" });
  });

  test("takes the tokens that another process of this person has just got", async () => {
    const s = setup();
    await s.session.restore(signal);
    s.store.stored = tokens();
    expect(await s.session.signInLocally(signal)).toMatchObject({ kind: "signed-in" });
    expect(s.http.requests).toEqual([]);
  });

  test.each([
    { name: "no secret", secrets: [], answer: undefined, code: "SIGNED_OUT" },
    {
      name: "a refused secret",
      secrets: ["a", "a"],
      answer: () => json(400, { error: "invalid_grant" }),
      code: "NOT_ALLOWED",
    },
    { name: "no server", secrets: ["a"], answer: undefined, code: "SERVER_UNREACHABLE" },
  ])("with $name fails by name, in the state too", async ({ secrets, answer, code }) => {
    const s = setup();
    s.secrets.push(...secrets);
    if (answer !== undefined) s.http.answer(answer);
    await expect(s.session.signInLocally(signal)).rejects.toMatchObject({ code });
    expect(s.state()).toMatchObject({ kind: "failed", code });
  });

  test("that fails leaves an existing sign-in alone", async () => {
    const s = setup(tokens());
    await s.session.restore(signal);
    s.secrets.push("a");
    await expect(s.session.signInLocally(signal)).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    expect(s.state()).toMatchObject({ kind: "signed-in" });
    expect(await s.session.accessToken(signal)).toBe("access-1");
  });
});

describe("sign-in with a token", () => {
  test("shows the name of its claims and uses it as it is", async () => {
    const s = setup();
    const exp = s.clock.nowMs() / 1000 + 30;
    const token = jwt({ sub: "u1", name: "Zoë", exp });
    await s.session.signInWithToken(` ${token}\n`, signal);
    expect(s.state()).toEqual({ kind: "signed-in", accountId: "u1", accountName: "Zoë", local: false });
    expect(await s.session.accessToken(signal)).toBe(token);
    s.clock.advance(60_000);
    expect(await s.session.accessToken(signal)).toBe(token);
    await expect(s.session.renew(token, signal)).rejects.toMatchObject({ code: "SIGNED_OUT" });
    expect(s.state()).toEqual({ kind: "signed-out", reason: "expired" });
    expect(s.store.stored).toBeUndefined();
    expect(s.http.requests).toEqual([]);
  });

  test("refused by the server before its end signs out as refused; a token without an end is taken", async () => {
    const s = setup();
    const token = jwt({ sub: "u1", preferred_username: "zoe" });
    await s.session.signInWithToken(token, signal);
    expect(s.state()).toMatchObject({ accountName: "zoe" });
    await expect(s.session.renew(token, signal)).rejects.toMatchObject({ code: "SIGNED_OUT" });
    expect(s.state()).toEqual({ kind: "signed-out", reason: "refused" });
  });

  test.each(["", "abc", "a.b.c", jwt({ name: "no subject" }), `${jwt({ sub: "x" })}.more`])(
    "refuses what is no token (%#) without repeating it",
    async (token) => {
      const s = setup();
      const error: unknown = await s.session
        .signInWithToken(token, signal)
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "TOKEN_INVALID", field: "token" });
      if (token.length > 3) expect(String(error)).not.toContain(token);
    },
  );

  test("refuses one that ended long ago; ten minutes of clock skew are forgiven", async () => {
    const s = setup();
    const nowS = s.clock.nowMs() / 1000;
    await expect(s.session.signInWithToken(jwt({ sub: "x", exp: nowS - 600 }), signal)).rejects.toMatchObject(
      {
        code: "TOKEN_EXPIRED",
      },
    );
    expect(await s.session.signInWithToken(jwt({ sub: "x", exp: nowS - 599 }), signal)).toMatchObject({
      kind: "signed-in",
    });
  });
});

describe("sign-out", () => {
  test("forgets at once, clears the store and revokes at the server", async () => {
    const s = setup(tokens());
    await s.session.restore(signal);
    s.http.answer(() => json(200, {}));
    const done = s.session.signOut(signal);
    expect(s.state()).toEqual({ kind: "signed-out", reason: "logout" });
    await done;
    expect(s.store.stored).toBeUndefined();
    expect(s.http.requests[0]?.path).toBe("/oauth/revoke");
    expect(form(s.http.requests[0])).toMatchObject({ token: "refresh-1" });
    await expect(s.session.accessToken(signal)).rejects.toMatchObject({ code: "SIGNED_OUT" });
  });

  test("works without a server, and leaves another server's sign-in alone", async () => {
    const s = setup(tokens());
    await s.session.signOut(signal);
    expect(s.store.stored).toBeUndefined();
    const foreign = tokens({ serverUrl: "https://other.example" });
    const other = setup(foreign);
    await other.session.signOut(signal);
    expect(other.store.stored).toBe(foreign);
    expect(other.http.requests).toEqual([]);
  });

  test("during a refresh wins: the fresh tokens are cleared and revoked too", async () => {
    const s = setup(tokens({ accessExpiresAtMs: 0 }));
    const answer = Promise.withResolvers<HttpResponse>();
    s.http.answer((request) => (request.path === "/oauth/token" ? answer.promise : json(200, {})));
    const token = s.session.accessToken(signal).catch((reason: unknown) => reason);
    await settle();
    const out = s.session.signOut(signal);
    answer.resolve(grant(2));
    await out;
    expect(await token).toMatchObject({ code: "SIGNED_OUT" });
    expect(s.state()).toEqual({ kind: "signed-out", reason: "logout" });
    expect(s.store.stored).toBeUndefined();
    expect(form(s.http.requests.at(-1))).toMatchObject({ token: "refresh-2" });
  });

  test("disposing ends a running refresh", async () => {
    const s = setup(tokens({ accessExpiresAtMs: 0 }));
    s.http.answer(() => new Promise(() => {}));
    const token = s.session.accessToken(signal).catch((reason: unknown) => reason);
    await settle();
    await s.session[Symbol.asyncDispose]();
    expect(await token).toMatchObject({ code: "CANCELLED" });
  });
});

test("no token or secret is ever logged or shown", async () => {
  const s = setup(tokens({ accessExpiresAtMs: 0 }));
  s.store.saveError = new Error("disk full");
  s.http.answer(() => grant(2));
  await s.session.accessToken(signal);
  s.http.answer(() => json(400, { error: "invalid_grant" }));
  await s.session.renew("access-2", signal).catch(() => {});
  s.secrets.push("one-time", "one-time");
  await s.session.signInLocally(signal).catch(() => {});
  expect(s.logger.lines.length).toBeGreaterThan(0);
  const seen = JSON.stringify([s.logger.lines, s.updates, s.state()]);
  expect(seen).not.toMatch(/access-\d|refresh-\d|one-time/);
});
