import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Logger } from "#contract/logger.ts";
import { startTestServer, type TestServer } from "./start-test-server.ts";

/** What was logged as an error since the test began. */
const errors: string[] = [];
/** What was logged as the usual end of a call since then. */
const ended: unknown[] = [];
const logger: Logger = {
  debug: (event, fields) => void (event === "rpc.ended" && ended.push(fields)),
  info() {},
  warn() {},
  error: (event, fields) => void errors.push(`${event} ${JSON.stringify(fields)}`),
};

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ deps: { logger } });
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  errors.length = 0;
  ended.length = 0;
});

async function register(login: string): Promise<string> {
  const response = await fetch(`${server.httpUrl}/auth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ login, password: "Correct-horse-battery-7", display_name: login }),
  });
  expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
  return response.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
}

describe("W10: where the operator's machines are is told to operators", () => {
  const status = async (headers: Readonly<Record<string, string>>): Promise<string> =>
    (await fetch(`${server.httpUrl}/v1/status`, { headers })).text();

  test("an account learns what works; the local account also where", async () => {
    const told = await status({ cookie: await register("somebody") });
    expect(JSON.parse(told)).toMatchObject({ model: { kind: "built-in", works: true } });
    expect(told).not.toContain("127.0.0.1");
    expect(await status({ authorization: `Bearer ${server.accessToken}` })).toContain("127.0.0.1:9");
  });
});

describe("W12: what a client did wrong is no error of ours", () => {
  test.each([
    "/auth/login",
    "/oauth/token",
    "/api/v1/token/",
    "/streaming.StreamingService/InterruptSession",
  ])("a body that breaks off on its way to %s", async (path) => {
    const { hostname, port } = new URL(server.httpUrl);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    const type = path === "/oauth/token" ? "application/x-www-form-urlencoded" : "application/json";
    const head = [
      `POST ${path} HTTP/1.1`,
      `host: ${hostname}:${port}`,
      `content-type: ${type}`,
      `authorization: Bearer ${server.accessToken}`,
      "content-length: 100",
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n{"`);
    // Answered requests on other connections show that this one was taken up.
    await fetch(`${server.httpUrl}/health`);
    socket.destroy();
    await once(socket, "close");
    await fetch(`${server.httpUrl}/health`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(errors).toEqual([]);
  });

  test("a stream that breaks off before it has asked all: gRPC", async () => {
    const session = connectHttp2(`http://${server.grpcUrl}`);
    const stream = session.request({
      ":method": "POST",
      ":path": "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
      "content-type": "application/grpc",
      te: "trailers",
    });
    stream.on("error", () => undefined);
    const answered = once(stream, "data");
    stream.write(Buffer.from([0, 0, 0, 0, 2, 0x3a, 0]));
    await answered;
    session.destroy();
    await expect.poll(() => [...errors, ...ended]).not.toEqual([]);
    expect([errors, ended]).toEqual([[], [{ rpc: "ServerReflectionInfo", reason: "CANCELLED" }]]);
  });

  test("a stream that breaks off before it has asked all: Connect", async () => {
    const { hostname, port } = new URL(server.httpUrl);
    const head = [
      "POST /grpc.health.v1.Health/Watch HTTP/1.1",
      `host: ${hostname}:${port}`,
      "content-type: application/connect+proto",
      "transfer-encoding: chunked",
    ];
    // Nothing tells the client when its message is being read, so it stays a little longer each time.
    for (let stayMs = 1; errors.length + ended.length === 0; stayMs *= 2) {
      const socket = connect(Number(port), hostname);
      await once(socket, "connect");
      socket.write(`${head.join("\r\n")}\r\n\r\n5\r\n\0\0\0\0\0\r\n`);
      await fetch(`${server.httpUrl}/health`);
      await new Promise((resolve) => setTimeout(resolve, stayMs));
      socket.destroy();
      await once(socket, "close");
      await fetch(`${server.httpUrl}/health`);
    }
    expect(errors).toEqual([]);
    expect(ended).toContainEqual({ rpc: "Watch", reason: "CANCELLED" });
  });

  test.each([
    ["unary", "/streaming.StreamingService/InterruptSession"],
    ["streaming", "/streaming.StreamingService/StreamAudio"],
  ])("an envelope of a %s call that says it is compressed", async (_kind, path) => {
    const session = connectHttp2(`http://${server.grpcUrl}`);
    try {
      const stream = session.request({
        ":method": "POST",
        ":path": path,
        "content-type": "application/grpc",
        te: "trailers",
        authorization: `Bearer ${server.accessToken}`,
      });
      const trailers = once(stream, "trailers");
      stream.end(Buffer.from([1, 0, 0, 0, 2, 10, 0]));
      await text(stream);
      const [{ "grpc-status": code }] = (await trailers) as [Record<string, string>];
      // 3 is INVALID_ARGUMENT.
      expect(Number(code)).toBe(3);
      expect(errors).toEqual([]);
    } finally {
      session.close();
    }
  });
});

test.each(["[", "pipit:99999"])(
  "a call to the authority %j is refused, and ends no server",
  async (authority) => {
    const path = "/streaming.StreamingService/InterruptSession";
    const session = connectHttp2(`http://${server.grpcUrl}`);
    try {
      const call = session.request({
        ":method": "POST",
        ":authority": authority,
        ":path": path,
        "content-type": "application/grpc",
      });
      const [answer] = (await once(call, "response")) as [Record<string, unknown>];
      expect(answer[":status"]).toBe(400);
      call.close();
    } finally {
      session.destroy();
    }
    const { hostname, port } = new URL(server.httpUrl);
    const socket = connect(Number(port), hostname);
    const head = [`POST ${path} HTTP/1.1`, `host: ${authority}`];
    socket.write(
      `${head.join("\r\n")}\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}`,
    );
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 4\d\d /u);
    expect((await fetch(`${server.httpUrl}/health`)).status).toBe(200);
    expect(errors).toEqual([]);
  },
);

test("W13: a call with too much metadata is refused alone; others on its connection go on", async () => {
  const session = connectHttp2(`http://${server.grpcUrl}`, { maxSendHeaderBlockLength: 1_000_000 });
  const call = (more: Readonly<Record<string, string>>) =>
    session.request({
      ":method": "POST",
      ":path": "/streaming.StreamingService/InterruptSession",
      "content-type": "application/grpc",
      te: "trailers",
      authorization: `Bearer ${server.accessToken}`,
      ...more,
    });
  try {
    // The limit is in force once the client has taken the settings.
    await once(session, "remoteSettings");
    await new Promise((resolve) => session.ping(resolve));
    const open = call({});
    const opened = once(open, "response");
    const tooMuch = call({ "x-much": randomBytes(30_000).toString("hex") });
    tooMuch.on("error", () => undefined);
    tooMuch.end();
    const refused = await Promise.race([
      new Promise((resolve) => tooMuch.once("close", () => resolve(tooMuch.rstCode))),
      once(session, "close").then(() => "the connection ended"),
    ]);
    // 11 is ENHANCE_YOUR_CALM (RFC 9113 §7).
    expect(refused).toBe(11);
    const message = Buffer.from([0, 0, 0, 0, 3, 10, 1, 120]);
    open.end(message);
    const trailers = once(open, "trailers");
    await opened;
    await text(open);
    expect(((await trailers) as [Record<string, string>])[0]["grpc-status"]).toBe("0");
  } finally {
    session.destroy();
  }
});
