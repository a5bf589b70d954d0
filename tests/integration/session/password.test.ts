import { generateSync } from "otplib";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Clock } from "#engine/ports.ts";
import { systemClock } from "#engine/system-clock.ts";
import { createHttpClient } from "#engine/node/http/http-client.ts";
import { createSignedInHttp } from "#engine/wire/signed-in.ts";
import { startTestServer, type TestServer } from "../start-test-server.ts";
import { failure, never, openSession, PASSWORD } from "./session-stage.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const sessionsOf = async (person: ReturnType<typeof openSession>): Promise<unknown[]> =>
  ((await person.ask("GET", "/oauth/sessions")).body as { sessions: unknown[] }).sessions;

test("what discovery says is what a face may offer", async () => {
  await using person = openSession(server.httpUrl);
  const all = { password: true, registration: true, browser: true, device: true };
  expect(await person.session.ways(never)).toEqual(all);
  await using closed = await startTestServer({
    config: { auth: { ...server.config.auth, registrationOpen: false, programsTakePasswords: false } },
  });
  await using stranger = openSession(closed.httpUrl);
  expect(await stranger.session.ways(never)).toEqual({ ...all, registration: false, password: false });
  const given = { login: "eve", password: PASSWORD };
  const refused = await failure(stranger.session.signInWithPassword(given, never));
  expect(refused).toMatchObject({ code: "NOT_ALLOWED" });
  const v1 = { method: "POST", headers: { "content-type": "application/json" } };
  const body = JSON.stringify({ username: "eve", password: PASSWORD });
  expect((await fetch(`${closed.httpUrl}/api/v1/token/`, { ...v1, body })).status).toBe(403);
  const account = { login: "eve", password: PASSWORD, displayName: "" };
  expect(await failure(stranger.session.register(account, never))).toMatchObject({ code: "NOT_ALLOWED" });
});

test("a person registers and is signed in, with one session and no cookie; a login that is taken is named", async () => {
  await using person = openSession(server.httpUrl);
  const account = { login: " ann ", password: PASSWORD, displayName: "Ann" };
  const signedIn = { kind: "signed-in", accountName: "Ann", local: false };
  expect(await person.session.register(account, never)).toMatchObject(signedIn);
  expect(await sessionsOf(person)).toMatchObject([{ client_id: "pipit-cli" }]);
  expect(person.store.stored?.refreshToken).not.toBe("");

  await using other = openSession(server.httpUrl);
  const taken = await failure(other.session.register(account, never));
  expect(taken).toMatchObject({ code: "INVALID_REQUEST", field: "login" });
  const weak = await failure(other.session.register({ ...account, login: "bob", password: "x" }, never));
  expect(weak).toMatchObject({ code: "INVALID_REQUEST", field: "password" });
  expect(other.session.store.getState()).toEqual({ kind: "unknown" });
});

test("password, then the code that is needed, a code that was used, and a recovery code", async () => {
  await using person = openSession(server.httpUrl);
  await person.session.register({ login: "otto", password: PASSWORD, displayName: "" }, never);
  const { body: begun } = await person.ask("POST", "/auth/otp/init", { password: PASSWORD });
  const { secret } = begun as { secret: string };
  const nowS = Math.floor(Date.now() / 1000);
  const confirmed = await person.ask("POST", "/auth/otp/confirm", { otp: generateSync({ secret }) });
  const [recovery = ""] = (confirmed.body as { recovery_codes: string[] }).recovery_codes;

  await using other = openSession(server.httpUrl);
  const given = { login: "OTTO ", password: PASSWORD };
  const signIn = (more: object) => other.session.signInWithPassword({ ...given, ...more }, never);
  expect(await failure(signIn({ password: "Wrong-horse-1" }))).toMatchObject({ code: "CREDENTIALS_INVALID" });
  expect(await failure(signIn({}))).toMatchObject({ code: "OTP_REQUIRED" });
  const code = generateSync({ secret, epoch: nowS + 30 });
  expect(await signIn({ code })).toMatchObject({ kind: "signed-in", accountName: "otto" });
  expect(await failure(signIn({ code }))).toMatchObject({ code: "OTP_INVALID" });
  // A code that is refused where clocks are apart says so.
  const clock: Clock = { ...systemClock, nowMs: () => Date.now() + 5 * 60_000 };
  await using late = openSession(server.httpUrl, { clock });
  expect(await failure(late.session.signInWithPassword({ ...given, code }, never))).toMatchObject({
    code: "OTP_INVALID",
    message: expect.stringContaining("5 minutes apart"),
  });
  // What failed took nothing away, and a second sign-in of the same account takes the place of the first.
  expect(other.session.store.getState()).toMatchObject({ kind: "signed-in" });
  expect(await sessionsOf(other)).toHaveLength(2);
  expect(await signIn({ code: recovery })).toMatchObject({ kind: "signed-in" });
  expect(await sessionsOf(other)).toHaveLength(2);
});

test("a sign-in that another device ends, or whose account it closes, is signed out as refused at its next request", async () => {
  await using person = openSession(server.httpUrl);
  await person.session.register({ login: "rea", password: PASSWORD, displayName: "" }, never);
  const [mine] = (await sessionsOf(person)) as { session_id: string }[];
  await using other = openSession(server.httpUrl);
  await other.session.signInWithPassword({ login: "rea", password: PASSWORD }, never);
  const ended = await other.ask("DELETE", `/oauth/sessions/${mine?.session_id}`);
  expect(ended.status).toBe(200);
  const api = createSignedInHttp(createHttpClient(server.httpUrl), person.session);
  const request = { method: "GET", path: "/oauth/sessions" } as const;
  expect(await failure(api.request(request, never))).toMatchObject({ code: "SIGNED_OUT" });
  expect(person.session.store.getState()).toEqual({ kind: "signed-out", reason: "refused" });
  expect(person.store.stored).toBeUndefined();

  await using third = openSession(server.httpUrl);
  await third.session.signInWithPassword({ login: "rea", password: PASSWORD }, never);
  const closed = await other.ask("POST", "/auth/deactivate", { password: PASSWORD });
  expect(closed.status).toBe(200);
  const thirds = createSignedInHttp(createHttpClient(server.httpUrl), third.session);
  expect(await failure(thirds.request(request, never))).toMatchObject({ code: "SIGNED_OUT" });
  expect(third.session.store.getState()).toEqual({ kind: "signed-out", reason: "refused" });
});

test("a clock that is five minutes off, either way, costs no refresh", async () => {
  for (const aheadMs of [5 * 60_000, -5 * 60_000]) {
    const clock: Clock = { ...systemClock, nowMs: () => Date.now() + aheadMs };
    await using person = openSession(server.httpUrl, { clock });
    await person.session.register({ login: `off${aheadMs}`, password: PASSWORD, displayName: "" }, never);
    const used = [];
    for (let count = 0; count < 3; count += 1) used.push(await person.session.attach(new Headers(), never));
    expect(new Set(used.map(({ token }) => token)).size).toBe(1);
    expect(await person.ask("GET", "/auth/me")).toMatchObject({ status: 200 });
  }
});

test("a sign-in that cannot be kept is told, and does not live on at the server", async () => {
  await using person = openSession(server.httpUrl);
  await person.session.register({ login: "max", password: PASSWORD, displayName: "" }, never);
  await using other = openSession(server.httpUrl);
  other.store.saveError = new Error("disk full");
  const given = { login: "max", password: PASSWORD };
  expect(await failure(other.session.signInWithPassword(given, never))).toMatchObject({
    message: "disk full",
  });
  expect(other.session.store.getState()).toEqual({ kind: "unknown" });
  expect(await sessionsOf(person)).toHaveLength(1);
});

test("too many wrong passwords say how long to wait, and nothing secret is told or logged", async () => {
  await using person = openSession(server.httpUrl);
  await person.session.register({ login: "lou", password: PASSWORD, displayName: "" }, never);
  await using other = openSession(server.httpUrl);
  const errors: unknown[] = [];
  for (let count = 0; count < 6; count += 1) {
    const wrong = { login: "lou", password: "Wrong-horse-7" };
    errors.push(await failure(other.session.signInWithPassword(wrong, never)));
  }
  expect(errors.at(-1)).toMatchObject({
    code: expect.stringMatching(/^(ACCOUNT_LOCKED|RATE_LIMITED)$/u),
    retryAfterMs: expect.any(Number),
  });
  const told = JSON.stringify([errors, errors.map(String), other.logger.lines]);
  expect(told).not.toContain("Wrong-horse-7");
});
