import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DESKTOP_CLIENT_ID } from "#contract/auth-wire.ts";
import { answerText, type AssistantMessage } from "#contract/chat-state.ts";
import { openClient, type Client } from "#engine/node/client.ts";
import { createFakeTokenStore } from "#engine/testing/fake-token-store.ts";
import { systemClock } from "#server/domain/clock.ts";
import { HandDrivenModel } from "#tests/doubles/hand-driven-model.ts";

import { repositoryRoot, runCommand } from "#tools/test/command.ts";
import { startTestServer, type TestServer } from "./start-test-server.ts";

/** Longer than an access token lives. */
const HOUR_MS = 3_600_000;

let serverShiftMs: number;
let model: HandDrivenModel;
let server: TestServer;
let client: Client;

beforeEach(async () => {
  serverShiftMs = 0;
  model = new HandDrivenModel();
  const clock = { nowMs: () => systemClock.nowMs() + serverShiftMs };
  server = await startTestServer({ deps: { clock, models: model.source() } });
  client = await openClient({
    server: { home: server.home, serverUrl: server.httpUrl, grpcUrl: server.grpcUrl },
    serverEntry: "unused: the server runs",
    clientId: DESKTOP_CLIENT_ID,
    locale: "en",
    searchAllChats: false,
    speak: false,
    speaker: undefined,
    tokenStore: Promise.resolve(createFakeTokenStore()),
  });
  await client.signIn(AbortSignal.timeout(60_000));
});
afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function answers(): readonly AssistantMessage[] {
  return client.engine.store.getState().messages.filter((message) => message.role === "assistant");
}

test("a token that expires while the answer streams lets it end, and the next message takes a new one", async () => {
  const before = client.session.store.getState();
  expect(before.kind).toBe("signed-in");
  await client.engine.send({ text: "one" });
  const first = await model.question(0);
  first.say("Half of ");
  await expect.poll(() => answers().map(answerText)).toEqual(["Half of "]);

  serverShiftMs = HOUR_MS;
  first.say("the answer.");
  first.end();
  await expect.poll(() => answers().map(({ status }) => status)).toEqual(["done"]);
  expect(answers().map(answerText)).toEqual(["Half of the answer."]);

  // The client believes in its token: it is the server that refuses it, and the engine renews and asks again.
  await client.engine.send({ text: "two" });
  const second = await model.question(1);
  second.say("Again.");
  second.end();
  await expect.poll(() => answers().map(({ status }) => status)).toEqual(["done", "done"]);
  expect(client.session.store.getState()).toEqual(before);
  expect(model.asked).toHaveLength(2);
});

test("when the refresh token has expired too, the message waits and the person is asked to sign in", async () => {
  await client.engine.send({ text: "one" });
  const first = await model.question(0);
  serverShiftMs = 400 * 24 * HOUR_MS;
  first.say("Whole.");
  first.end();
  await expect.poll(() => answers().map(({ status }) => status)).toEqual(["done"]);

  await client.engine.send({ text: "two" });
  // By the client's own clock both tokens are good: all that it knows is that the server takes neither.
  await expect
    .poll(() => client.session.store.getState())
    .toMatchObject({ kind: "signed-out", reason: "refused" });
  expect(client.engine.store.getState().messages.at(-1)).toMatchObject({ role: "user", text: "two" });
  expect(client.engine.store.getState().queuedCount).toBe(1);
  expect(model.asked).toHaveLength(1);

  await client.login(undefined, AbortSignal.timeout(60_000));
  const second = await model.question(1);
  second.say("Welcome back.");
  second.end();
  await expect.poll(() => answers().map(answerText)).toEqual(["Whole.", "Welcome back."]);
});

test("a sign-in that is ended elsewhere is over here at once, with no question asked", async () => {
  client.listen();
  const metrics = async () => (await fetch(`${server.httpUrl}/metrics`)).text();
  await expect.poll(metrics).toContain(`route="/ws/v1/events/",status="1xx"`);
  const sessions = await client.api.request(
    { method: "GET", path: "/oauth/sessions" },
    AbortSignal.timeout(60_000),
  );
  const mine = (JSON.parse(sessions.body) as Listed).sessions.find(({ current }) => current);
  const headers = { authorization: `Bearer ${server.accessToken}` };
  await fetch(`${server.httpUrl}/oauth/sessions/${mine?.session_id}`, { method: "DELETE", headers });
  await expect.poll(() => client.session.store.getState()).toEqual({ kind: "signed-out", reason: "refused" });
});

test("an account that an operator erases is closed here by that name, whether the client asks or only listens", async () => {
  const login = "quetzal";
  const password = "Correct-horse-1";
  const signal = AbortSignal.timeout(60_000);
  await fetch(`${server.httpUrl}/auth/register`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.accessToken}`, "content-type": "application/json" },
    body: JSON.stringify({ login, password }),
  });
  await client.session.signInWithPassword({ login, password }, signal);
  client.listen();
  await client.engine.send({ text: "one" });
  const first = await model.question(0);
  first.say("Whole.");
  first.end();
  await expect.poll(() => answers().map(({ status }) => status)).toEqual(["done"]);
  const erase = ["admin", "users", "erase", login, "--yes", "--without-export"];
  const env = { PIPIT_HOME: server.home, PIPIT_BUILD: "never" };
  const erased = await runCommand(
    "node",
    [join(repositoryRoot, "cli", "pipit.js"), ...erase],
    { env },
    signal,
  );
  expect(erased).toMatchObject({ code: 0 });
  await expect.poll(() => client.session.store.getState()).toEqual({ kind: "signed-out", reason: "closed" });
  const kept = await client.session.accounts();
  expect(kept.map(({ accountName }) => accountName)).not.toContain(login);
});

interface Listed {
  readonly sessions: readonly { readonly session_id: string; readonly current: boolean }[];
}
