import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EVENTS_PATH } from "#contract/events/event-wire.ts";
import { bearer } from "#tests/testing/auth/auth-stage.ts";
import { openEvents, wsTokenOf } from "#tests/testing/event-client.ts";
import { startTestServer, signIn, type TestServer } from "../start-test-server.ts";
import { openSession, send } from "../web-stage.ts";

const CAP = 3;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

describe("GET /ws/v1/events/", () => {
  const open = (headers: Readonly<Record<string, string>>) => openEvents(server.httpUrl, headers);
  const openWithToken = async () => open(bearer(await wsTokenOf(server.httpUrl, server.accessToken)));

  test("lets in who shows a token for a socket, once, and greets with a snapshot", async () => {
    const token = await wsTokenOf(server.httpUrl, server.accessToken);
    await using events = await open(bearer(token));
    const accountId = decodeJwt(server.accessToken).sub;
    expect(await events.next()).toEqual({
      type: "snapshot",
      work_packages: [],
      account_id: accountId,
      cursor: "0-0",
      chats: [],
    });
    expect(await open(bearer(token)).then(String, String)).toBe("401");
  });

  test.each([
    ["nothing", {}],
    ["a made-up token", bearer("pipit_made_up")],
    ["no bearer token", { authorization: "Basic YTpi" }],
  ] as const)("answers %s by 401 and stays HTTP", async (_name, headers) => {
    expect(await open(headers).then(String, String)).toBe("401");
  });

  test("takes no access token, and no token in the address", async () => {
    expect(await open(bearer(server.accessToken)).then(String, String)).toBe("401");
    const token = await wsTokenOf(server.httpUrl, server.accessToken);
    expect(await openEvents(`${server.httpUrl}`, {}, `?token=${token}`).then(String, String)).toBe("401");
  });

  test("lets in the server's own page by its cookie, and no other page", async () => {
    const cookie = await openSession(server);
    await using events = await open({ cookie, origin: server.httpUrl });
    expect(await events.next()).toMatchObject({ type: "snapshot" });
    for (const origin of ["https://evil.example", "http://127.0.0.1:3000", "null"])
      expect([origin, await open({ cookie, origin }).then(String, String)]).toEqual([origin, "403"]);
    expect(await open({ cookie }).then(String, String)).toBe("403");
  });

  test("answers a ping with its own timestamp, and is ended by nothing that it does not know", async () => {
    await using events = await openWithToken();
    await events.next();
    events.send("no JSON", "[]", "7", '{"type":7}', '{"type":"event","event_type":"WPCreated"}');
    for (const timestamp of [1_795_000_000_123, "2026-11-29T10:00:00Z", null]) {
      events.send(JSON.stringify({ type: "ping", timestamp }));
      expect(await events.next()).toEqual({ type: "pong", timestamp });
    }
  });

  test("closes a socket whose message is longer than 64 KB", async () => {
    await using events = await openWithToken();
    events.send(JSON.stringify({ type: "event", payload: "x".repeat(64 * 1024) }));
    expect(await events.closed).toBe(1009);
  });

  test("says so when the session is revoked, and closes; the next handshake is refused", async () => {
    const { accessToken } = await signIn(server.httpUrl, server.dataDir);
    const spare = await wsTokenOf(server.httpUrl, accessToken);
    await using events = await open(bearer(await wsTokenOf(server.httpUrl, accessToken)));
    await events.next();
    const { sid } = decodeJwt(accessToken);
    const ended = {
      method: "DELETE",
      path: `/oauth/sessions/${String(sid)}`,
      headers: bearer(server.accessToken),
    };
    expect((await send(server.httpUrl, ended)).status).toBeLessThan(300);
    expect(await events.next()).toEqual({ type: "session.revoked" });
    expect(await events.closed).toBe(1008);
    expect(await open(bearer(spare)).then(String, String)).toBe("401");
  });

  test("tells a request that asks for no socket what it speaks, and one for another protocol as well", async () => {
    const cookie = await openSession(server);
    const asked = await send(server.httpUrl, {
      path: EVENTS_PATH,
      headers: { cookie, origin: server.httpUrl },
    });
    expect([asked.status, asked.headers["upgrade"]]).toEqual([426, "websocket"]);
    // As some clients do before they send anything.
    const h2c = {
      connection: "upgrade, http2-settings",
      upgrade: "h2c",
      "http2-settings": "AAMAAABkAAQAAP__",
    };
    expect((await send(server.httpUrl, { path: "/health", headers: h2c })).status).toBe(200);
  });
});

test("sockets have places of their own per account; a server that stops closes them with 1001", async () => {
  await using small = await startTestServer({ config: { socketsPerAccount: CAP } });
  const open = async () =>
    openEvents(small.httpUrl, bearer(await wsTokenOf(small.httpUrl, small.accessToken)));
  const all = await Promise.all(Array.from({ length: CAP }, open));
  expect(await open().then(String, String)).toBe("429");
  const [first, ...others] = all;
  await first?.[Symbol.asyncDispose]();
  // The server hears of it a moment later.
  await expect
    .poll(() => open().then(async (events) => events[Symbol.asyncDispose](), String))
    .toBeUndefined();
  await small.server.stop();
  expect(await Promise.all(others.map(({ closed }) => closed))).toEqual(others.map(() => 1001));
});
