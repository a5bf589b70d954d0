import { afterAll, beforeAll, expect, test } from "vitest";
import type { DevicePrompt } from "#contract/sign-in.ts";
import { createHttpClient } from "#engine/node/http/http-client.ts";
import type { Clock, HttpClient } from "#engine/ports.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { createFormBrowser } from "#tests/testing/auth/form-browser.ts";
import { startTestServer, type TestServer } from "../start-test-server.ts";
import { failure, never, openSession, PASSWORD } from "./session-stage.ts";

/** The server's clock and the client's go together, by the client's waiting. */
let nowMs = Date.now();
const waits: number[] = [];
const clock: Clock = {
  nowMs: () => nowMs,
  async sleep(durationMs, signal) {
    if (signal.aborted) throw new PipitError("CANCELLED", "Cancelled.");
    waits.push(durationMs);
    nowMs += durationMs;
  },
};

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ deps: { clock: { nowMs: () => nowMs } } });
  await using person = openSession(server.httpUrl);
  await person.session.register({ login: "ann", password: PASSWORD, displayName: "Ann" }, never);
});
afterAll(() => server[Symbol.asyncDispose]());

/** What the person does on the other device. */
async function answer(prompt: DevicePrompt, yes: boolean): Promise<void> {
  const browser = createFormBrowser(server.httpUrl);
  const form = await browser.open(prompt.verificationUriComplete ?? "");
  const confirm = await browser.send(form, { user_code: prompt.userCode });
  if (!yes) return void (await browser.send(confirm, {}, ["abort", "yes"]));
  const signIn = await browser.send(confirm, {}, ["confirm", "yes"]);
  const done = await browser.send(signIn, { login: "ann", password: PASSWORD });
  expect(done.text).toContain("The device is signed in.");
}

/** Runs `between` before the poll of that number is sent. */
function beforePoll(between: Readonly<Record<number, () => Promise<void>>>): HttpClient {
  const http = createHttpClient(server.httpUrl);
  let polls = 0;
  return {
    async request(request, signal) {
      if (request.path === "/oauth/token") await between[(polls += 1)]?.();
      return await http.request(request, signal);
    },
  };
}

test("another device signs this one in, however the polls go in between", async () => {
  waits.length = 0;
  let prompt: DevicePrompt | undefined;
  const http = beforePoll({
    // Too early by the server's clock: it asks to slow down.
    2: async () => void (nowMs -= 4_000),
    3: () => Promise.reject(new PipitError("SERVER_UNREACHABLE", "The network is away.")),
    5: async () => answer(prompt ?? expect.fail(), true),
  });
  await using person = openSession(server.httpUrl, { http, clock });
  const signedIn = await person.session.signInByDevice((shown) => {
    prompt = shown;
  }, never);
  expect(signedIn).toMatchObject({ kind: "signed-in", accountName: "Ann" });
  expect(prompt).toMatchObject({
    userCode: expect.stringMatching(/^[A-Z]{4}-[A-Z]{4}$/u),
    verificationUri: `${server.httpUrl}/oauth/device`,
    verificationUriComplete: expect.stringContaining("user_code="),
  });
  expect(waits.map((wait) => wait / 1000)).toEqual([5, 5, 10, 15, 15]);
});

test("a code that is declined, or not used in time, ends the sign-in", async () => {
  let prompt: DevicePrompt | undefined;
  const http = beforePoll({ 2: async () => answer(prompt ?? expect.fail(), false) });
  await using person = openSession(server.httpUrl, { http, clock });
  const signIn = () => person.session.signInByDevice((shown) => void (prompt = shown), never);
  const declined = { code: "NOT_ALLOWED", message: expect.stringContaining("declined") };
  expect(await failure(signIn())).toMatchObject(declined);
  expect(await failure(signIn())).toMatchObject({ code: "DEADLINE_EXCEEDED" });
  expect(nowMs).toBeGreaterThanOrEqual(prompt?.expiresAtMs ?? Infinity);
});

test("giving up ends the asking", async () => {
  await using person = openSession(server.httpUrl, { http: createHttpClient(server.httpUrl), clock });
  const giveUp = new AbortController();
  const given = person.session.signInByDevice(() => giveUp.abort(), giveUp.signal);
  expect(await failure(given)).toMatchObject({ code: "CANCELLED" });
});
