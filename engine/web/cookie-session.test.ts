import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createFakeHttp, form, json, unreachable } from "#engine/testing/fake-http.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { createHistoryClient } from "#engine/history/history-client.ts";
import { createSignedInHttp } from "#engine/wire/signed-in.ts";
import { CookieSession } from "./cookie-session.ts";
import { createMemoryValues } from "./page-values.ts";

const never = new AbortController().signal;
const ann = { account_id: "a1", account_name: "Ann", local: true, expires_at: 9e12, login: "ann" };
const signedIn = { kind: "signed-in", accountId: "a1", accountName: "Ann", local: true };

function setup(values = createMemoryValues()) {
  const http = createFakeHttp();
  const logger = createFakeLogger();
  const session = new CookieSession(http, { values }, logger);
  return { http, values, logger, session };
}

describe("starting", () => {
  test("with a good cookie is being signed in, and nothing that could be a token is kept or sent", async () => {
    const { http, session } = setup();
    using _ = session;
    http.answer(() => json(200, ann));
    expect(await session.restore(never)).toEqual(signedIn);
    const history = createHistoryClient(createSignedInHttp(http, session));
    http.answer(() => json(200, { data: [] }));
    await history.chats(never);
    expect(http.requests.map(({ path }) => path)).toEqual(["/auth/me", "/v1/chats"]);
    expect(http.requests[1]?.headers).toEqual({ accept: "application/json" });
  });

  test("without one is being signed out", async () => {
    const { http, session } = setup();
    using _ = session;
    http.answer(() => json(401, { error: { code: "TOKEN_MISSING", message: "Sign in." } }));
    expect(await session.restore(never)).toEqual({ kind: "signed-out", reason: "never" });
    await expect(session.attach(new Headers(), never)).rejects.toMatchObject({ code: "SIGNED_OUT" });
  });

  test("without a server says so, and the next use asks again", async () => {
    const { http, session } = setup();
    using _ = session;
    expect(await session.restore(never)).toMatchObject({ kind: "failed", code: "SERVER_UNREACHABLE" });
    await expect(session.attach(new Headers(), never)).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    http.answer(() => json(200, ann));
    await session.attach(new Headers(), never);
    expect(session.store.getState()).toEqual(signedIn);
  });

  test("with an answer of something else is a clear failure", async () => {
    const { http, session } = setup();
    using _ = session;
    http.answer(() => ({ status: 200, headers: {}, body: "<html>" }));
    expect(await session.restore(never)).toMatchObject({ kind: "failed", code: "SERVER_UNREACHABLE" });
  });
});

describe("signing in", () => {
  test("with a one-time code puts it into the body only", async () => {
    const { http, session } = setup();
    using _ = session;
    http.answer(() => json(200, ann));
    expect(await session.signInWithCode("co/de+1", { digits: "0123" }, never)).toEqual(signedIn);
    expect(http.requests[0]).toMatchObject({ method: "POST", path: "/auth/sign-in" });
    expect(form(http.requests[0])).toEqual({ code: "co/de+1", digits: "0123" });
  });

  test("with a used code throws what the server says, and the state is as before", async () => {
    const { http, session } = setup();
    using _ = session;
    http.answer(() => json(401, {}));
    await session.restore(never);
    http.answer(() => json(401, { error: { code: "TOKEN_INVALID", message: "Used.", field: "code" } }));
    await expect(session.signInWithCode("x", { confirmed: "a1" }, never)).rejects.toMatchObject({
      code: "TOKEN_INVALID",
      message: "Used.",
      field: "code",
    });
    expect(session.store.getState()).toEqual({ kind: "signed-out", reason: "never" });
  });

  test("U1, F25: with a password trims the login, and sends all of it in the body only", async () => {
    const { http, session, values, logger } = setup();
    using _ = session;
    http.answer(() => json(401, { error: { code: "OTP_REQUIRED", message: "A code, too." } }));
    const typed = { login: " ann ", password: " se cret ", code: undefined };
    await expect(session.signInWithPassword(typed, never)).rejects.toMatchObject({ code: "OTP_REQUIRED" });
    expect(session.store.getState()).toEqual({ kind: "unknown" });
    http.answer(() => json(200, ann));
    expect(await session.signInWithPassword({ ...typed, code: "123456 " }, never)).toEqual(signedIn);
    expect(http.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /auth/login",
      "POST /auth/login",
    ]);
    expect(http.requests.map(({ body }) => JSON.parse(body ?? ""))).toEqual([
      { login: "ann", password: " se cret " },
      { login: "ann", password: " se cret ", otp: "123456" },
    ]);
    const kept = JSON.stringify([session.store.getState(), logger.lines, await values.read("signed-out")]);
    expect(kept).not.toMatch(/cret|123456/u);
  });

  test("as a locked account says when it can be tried again", async () => {
    const { http, session } = setup();
    using _ = session;
    const body = { error: { code: "ACCOUNT_LOCKED", message: "Too many wrong attempts." } };
    http.answer(() => ({ ...json(429, body), headers: { "retry-after": "900" } }));
    await expect(session.signInWithPassword({ login: "ann", password: "x" }, never)).rejects.toMatchObject({
      code: "ACCOUNT_LOCKED",
      retryAfterMs: 900_000,
    });
  });

  test("U2: with a new account names the field that the server does not take", async () => {
    const { http, session } = setup();
    using _ = session;
    const refusal = { code: "INVALID_REQUEST", message: "login is taken.", field: "login" };
    http.answer(() => json(400, { error: refusal }));
    const account = { login: "ann ", password: "Correct-horse-1", displayName: " " };
    await expect(session.register(account, never)).rejects.toMatchObject(refusal);
    http.answer(() => json(200, ann));
    expect(await session.register({ ...account, displayName: "Ann " }, never)).toEqual(signedIn);
    expect(http.requests.map(({ path, body }) => [path, JSON.parse(body ?? "")])).toEqual([
      ["/auth/register", { login: "ann", password: "Correct-horse-1" }],
      ["/auth/register", { login: "ann", password: "Correct-horse-1", display_name: "Ann" }],
    ]);
  });

  test("with a token sends it once as a bearer and keeps it nowhere", async () => {
    const { http, session, values, logger } = setup();
    using _ = session;
    http.answer(() => json(200, ann));
    await session.signInWithToken("  secret.token  ", never);
    expect(http.requests).toMatchObject([
      { path: "/auth/session", headers: { authorization: "Bearer secret.token" } },
    ]);
    const kept = JSON.stringify([session.store.getState(), logger.lines, await values.read("signed-out")]);
    expect(kept).not.toContain("secret");
  });

  test.each(["", "two words", "line\nbreak", "тайна"])("with %j is refused without asking", async (token) => {
    const { http, session } = setup();
    using _ = session;
    await expect(session.signInWithToken(token, never)).rejects.toMatchObject({
      code: "TOKEN_INVALID",
      field: "token",
    });
    expect(http.requests).toEqual([]);
  });
});

describe("a refused request", () => {
  test("is tried again when the server still knows us, and ends the session when it does not", async () => {
    const { http, session } = setup();
    using _ = session;
    http.answer(() => json(200, ann));
    await session.restore(never);
    const stand = await session.attach(new Headers(), never);
    await session.renewAfter(stand, never);
    http.answer(() => json(401, { error: { code: "TOKEN_EXPIRED", message: "It has ended." } }));
    await expect(session.renewAfter(stand, never)).rejects.toMatchObject({ code: "SIGNED_OUT" });
    expect(session.store.getState()).toEqual({ kind: "signed-out", reason: "refused" });
  });

  test("without the cookie, which the browser drops when its time is up, is said to be of a sign-in that expired", async () => {
    const { http, session } = setup();
    using _ = session;
    http.answer(() => json(200, ann));
    await session.restore(never);
    http.answer(() => json(401, { error: { code: "TOKEN_MISSING", message: "Sign in." } }));
    await expect(session.renewAfter({ accountId: "a1" }, never)).rejects.toMatchObject({
      code: "SIGNED_OUT",
    });
    expect(session.store.getState()).toEqual({ kind: "signed-out", reason: "expired" });
  });

  test("while the server is away keeps the session", async () => {
    const { http, session } = setup();
    using _ = session;
    http.answer(() => json(200, ann));
    await session.restore(never);
    http.answer(() => {
      throw unreachable();
    });
    await expect(session.renewAfter({ accountId: "a1" }, never)).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
    });
    expect(await session.restore(never)).toEqual(signedIn);
  });

  test("of a renewed sign-in ends it", async () => {
    const { http, session } = setup();
    using _ = session;
    http.answer(() => json(200, ann));
    await session.restore(never);
    await session.refuse({ accountId: "ann" }, "refused");
    expect(session.store.getState()).toEqual({ kind: "signed-out", reason: "refused" });
  });
});

describe("signing out", () => {
  test("is shown when it would hold over a reload, and told to the server", async () => {
    const { http, values, session } = setup();
    using _ = session;
    http.answer(() => json(200, ann));
    await session.restore(never);
    http.answer(() => json(200, { message: "Logged out successfully" }));
    const kept = new Promise((resolve) => {
      session.store.subscribe(() => resolve(values.read("signed-out")));
    });
    await session.signOut(never);
    expect(await kept).toBe(true);
    expect(session.store.getState()).toEqual({ kind: "signed-out", reason: "logout" });
    expect(http.requests.at(-1)).toMatchObject({ method: "POST", path: "/auth/logout" });
  });

  test("without a server holds over a reload, until the server has been told", async () => {
    const values = createMemoryValues();
    {
      const { http, session } = setup(values);
      using _ = session;
      http.answer(() => json(200, ann));
      await session.restore(never);
      http.answer(() => {
        throw unreachable();
      });
      await session.signOut(never);
    }
    const { http, session } = setup(values);
    using _ = session;
    expect(await session.restore(never)).toEqual({ kind: "signed-out", reason: "logout" });
    http.answer(({ path }) => (path === "/auth/logout" ? json(200, {}) : json(401, {})));
    expect(await session.restore(never)).toEqual({ kind: "signed-out", reason: "logout" });
    expect(http.requests.map(({ path }) => path)).toEqual(["/auth/logout", "/auth/logout"]);
  });

  test("in one tab is signing out in all, and so is signing in", async () => {
    const values = createMemoryValues();
    const one = setup(values);
    const two = setup(values);
    using first = one.session;
    using second = two.session;
    let cookie = false;
    for (const { http } of [one, two]) {
      http.answer(({ path }) => {
        if (path === "/auth/session") cookie = true;
        if (path === "/auth/logout") cookie = false;
        return cookie ? json(200, ann) : json(path === "/auth/me" ? 401 : 200, {});
      });
    }
    await Promise.all([first.restore(never), second.restore(never)]);
    await first.signInWithToken("t", never);
    await expect.poll(() => two.session.store.getState()).toEqual(signedIn);
    await second.signOut(never);
    await expect.poll(() => one.session.store.getState()).toEqual({ kind: "signed-out", reason: "logout" });
  });

  test("U11: in one tab is no ended sign-in in another, which hears of it from the server at the same time", async () => {
    const values = createMemoryValues();
    const [one, two] = [setup(values), setup(values)];
    using first = one.session;
    using second = two.session;
    for (const { http } of [one, two]) http.answer(() => json(200, ann));
    await Promise.all([first.restore(never), second.restore(never)]);
    using watched = new DisposableStack();
    const told = Promise.withResolvers<unknown>();
    const channel = watched.adopt(new BroadcastChannel("pipit-session"), (open) => open.close());
    channel.addEventListener("message", told.resolve);
    // The server's word is on its way when the first tab's comes.
    two.http.answer(async () => {
      await told.promise;
      await sleep(1);
      return json(401, { error: { code: "TOKEN_EXPIRED", message: "It has ended." } });
    });
    const update = values.update.bind(values);
    const asked = Promise.withResolvers<unknown>();
    values.update = async (name, change) => {
      const next = await update(name, change);
      if (one.http.requests.at(-1)?.path === "/auth/logout")
        asked.resolve(second.renewAfter({ accountId: "a1" }, never).catch(() => undefined));
      return next;
    };
    await first.signOut(never);
    await asked.promise;
    await expect.poll(() => second.store.getState()).toEqual({ kind: "signed-out", reason: "logout" });
  });
});
