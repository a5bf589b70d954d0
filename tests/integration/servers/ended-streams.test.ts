import { once } from "node:events";
import { decodeJwt } from "jose";
import { expect, test } from "vitest";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { createEventLink } from "#engine/events/event-link.ts";
import { createEventSockets } from "#engine/node/http/event-socket.ts";
import { createHttpClient } from "#engine/node/http/http-client.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { createSignedInHttp } from "#engine/wire/signed-in.ts";
import { faults } from "#tests/doubles/openai-script.ts";
import { statusName } from "#tests/doubles/wire-client.ts";
import { openEvents, wsTokenOf, type EventClient } from "#tests/testing/event-client.ts";
import type { TestServer } from "#tests/integration/start-test-server.ts";
import { cookieOf, send } from "#tests/integration/web-stage.ts";
import { PASSWORD, startTwoServers } from "#tests/testing/two-servers.ts";
import { never, openSession } from "../session/session-stage.ts";
import { asked, hasText, reasonOf } from "../streaming/streaming-stage.ts";

const json = { "content-type": "application/json" };

async function call(
  { httpUrl }: TestServer,
  [method, path]: readonly [string, string],
  headers: Readonly<Record<string, string>>,
  body: object = {},
): Promise<void> {
  const answer = await send(httpUrl, {
    method,
    path,
    headers: { ...json, ...headers },
    body: JSON.stringify(body),
  });
  expect(answer.status, `${method} ${path}: ${answer.text}`).toBe(200);
}

/** An answer as the page reads it, until its end or until it says `text`; not a loop, to leave which would hang up. */
async function pageStream({ httpUrl }: TestServer, cookie: string) {
  const message = JSON.stringify({ prompt: "Page", hardwareId: "page", speak: false });
  const envelope = Buffer.concat([
    Buffer.from([0, 0, 0, 0, Buffer.byteLength(message)]),
    Buffer.from(message),
  ]);
  const answer = await fetch(`${httpUrl}/streaming.StreamingService/StreamAudio`, {
    method: "POST",
    headers: { cookie, origin: httpUrl, "content-type": "application/connect+json" },
    body: envelope,
  });
  const reader = answer.body?.getReader();
  let heard = "";
  return async (text: string): Promise<string> => {
    for (;;) {
      const piece = await reader?.read();
      if (piece?.done !== false) return heard;
      heard += Buffer.from(piece.value).toString();
      if (heard.includes(text)) return heard;
    }
  };
}

/** The first message that is not of a change: what was asked here is told here, too. */
async function lastOf(events: EventClient): Promise<unknown> {
  for (;;) {
    const message = await events.next();
    if (message["type"] !== "event") return message;
  }
}

test.each([
  ["PostgreSQL and Redis", true],
  ["PostgreSQL alone", false],
])(
  "S4: what ends a sign-in at one server ends its streams and sockets at the other, on %s",
  async (_name, withRedis) => {
    await using servers = await startTwoServers(withRedis);
    const { a, b } = servers;
    servers.model.script(faults.hangHalfWay);
    const endings: Readonly<
      Record<string, (bearer: Record<string, string>, refreshToken: string) => Promise<void>>
    > = {
      revoked: async (_bearer, token) => {
        const body = new URLSearchParams({ client_id: CLI_CLIENT_ID, token });
        expect((await fetch(`${a.httpUrl}/oauth/revoke`, { method: "POST", body })).status).toBe(200);
      },
      "logged-out": (bearer) => call(a, ["POST", "/auth/logout"], bearer),
      closed: (bearer) => call(a, ["POST", "/auth/deactivate"], bearer, { password: PASSWORD }),
      "new-password": async () => {
        // By another sign-in: the one that asks goes on.
        const { accessToken } = await servers.tokensOf("new-password", a);
        const passwords = { old_password: PASSWORD, new_password: "Battery-staple-2" };
        await call(a, ["PUT", "/auth/password"], { authorization: `Bearer ${accessToken}` }, passwords);
      },
    };
    const running = [];
    for (const login of Object.keys(endings)) {
      const { accessToken, refreshToken } = await servers.signInAs(login);
      const stream = servers.connect(b, accessToken).stream(asked(login));
      await stream.until(hasText("Half "));
      const headers = { authorization: `Bearer ${await wsTokenOf(b.httpUrl, accessToken)}` };
      const events = await openEvents(b.httpUrl, headers);
      expect(await events.next()).toMatchObject({ type: "snapshot" });
      running.push({ login, accessToken, refreshToken, stream, events });
    }
    const signedIn = await send(b.httpUrl, {
      method: "POST",
      path: "/auth/login",
      headers: json,
      body: JSON.stringify({ login: "new-password", password: PASSWORD }),
    });
    const cookie = cookieOf(signedIn);
    const heardByPage = await pageStream(b, cookie);
    const pageEvents = await openEvents(b.httpUrl, { cookie, origin: b.httpUrl });
    await pageEvents.next();
    expect(await heardByPage("Half ")).toContain("Half ");
    const untouched = servers.connect(b).stream(asked("Somebody else"));
    await untouched.until(hasText("Half "));

    for (const { login, accessToken, refreshToken } of running) {
      await endings[login]?.({ authorization: `Bearer ${accessToken}` }, refreshToken);
    }
    for (const { login, stream, events } of running) {
      expect([login, await lastOf(events), await events.closed]).toEqual([
        login,
        { type: "session.revoked" },
        1008,
      ]);
      const status = await stream.status;
      expect([login, statusName(status.code), reasonOf(status).reason]).toEqual([
        login,
        "UNAUTHENTICATED",
        login === "closed" ? "ACCOUNT_CLOSED" : "TOKEN_INVALID",
      ]);
    }
    expect(await lastOf(pageEvents)).toEqual({ type: "session.revoked" });
    expect(await heardByPage("no such text")).toContain('"code":"unauthenticated"');
    const ended = Promise.race([untouched.status.then(() => true), Promise.resolve(false)]);
    expect(await ended).toBe(false);
    untouched.cancel();
  },
);

test.each([
  ["PostgreSQL and Redis", true],
  ["PostgreSQL alone", false],
])(
  "S4: a client at one server knows that the sign-in was ended at the other from the socket alone, on %s",
  async (_name, withRedis) => {
    await using servers = await startTwoServers(withRedis);
    const { a, b } = servers;
    const { accessToken } = await servers.signInAs("ann");
    await using person = openSession(b.httpUrl);
    const credentials = { login: "ann", password: PASSWORD };
    await person.session.signInWithPassword(credentials, never);
    const http = createHttpClient(b.httpUrl);
    const api = createSignedInHttp(http, person.session);
    const sockets = createEventSockets(api, { connect: async () => ({ httpUrl: b.httpUrl }) });
    const opened = Promise.withResolvers<unknown>();
    using _ = createEventLink({
      session: person.session,
      api,
      open: async (...args) => {
        const socket = await sockets(...args);
        opened.resolve(undefined);
        return socket;
      },
      // Time that never passes: nothing is asked but because of what the socket said.
      clock: { nowMs: Date.now, sleep: (_ms, signal) => once(signal, "abort").then(() => undefined) },
      random: () => 0,
      logger: createFakeLogger(),
      onNews: () => undefined,
    });
    await opened.promise;
    const { sid } = decodeJwt((await person.store.load())?.accessToken ?? "");
    const headers = { authorization: `Bearer ${accessToken}` };
    const ended = await fetch(`${a.httpUrl}/oauth/sessions/${String(sid)}`, { method: "DELETE", headers });
    expect(ended.status).toBe(200);
    await expect
      .poll(() => person.session.store.getState())
      .toEqual({ kind: "signed-out", reason: "refused" });
  },
);
