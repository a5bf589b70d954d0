import { createHmac } from "node:crypto";
import { createClient, ConnectError, Code } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ErrorInfoSchema } from "#proto/google/rpc/error_details_pb.ts";
import { StreamingService } from "#proto/streaming_pb.ts";
import { systemClock } from "#server/domain/clock.ts";
import { GrpcJsClient } from "./server-clients.ts";
import { startTestServer, type TestServer } from "./start-test-server.ts";

const UNAUTHENTICATED = 16;
const { streamAudio, interruptSession } = StreamingService.method;
const question = { prompt: "hello", hardwareId: "6FA1B0C2-1111-5222-8333-944455556666", speak: false };

let server: TestServer;
let grpc: GrpcJsClient;
beforeAll(async () => {
  server = await startTestServer();
  grpc = new GrpcJsClient(server.grpcUrl);
});
afterAll(async () => {
  grpc[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

function forged(): Record<string, string> {
  const [header = "", payload = ""] = server.accessToken.split(".");
  const other = Buffer.from(JSON.stringify({ alg: "HS256", typ: "at+jwt" })).toString("base64url");
  const hmac = createHmac("sha256", "guess").update(`${other}.${payload}`).digest("base64url");
  return {
    garbage: "Bearer nonsense",
    "another scheme": `Basic ${server.accessToken}`,
    "a cut signature": `Bearer ${header}.${payload}.`,
    "a changed payload": `Bearer ${header}.${payload}x.${server.accessToken.split(".")[2]}`,
    "another algorithm": `Bearer ${other}.${payload}.${hmac}`,
    "no algorithm": `Bearer ${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString("base64url")}.${payload}.`,
  };
}

describe("grpc-js on the gRPC port", () => {
  test("no token: UNAUTHENTICATED with ErrorInfo and a correlation id, streaming and unary", async () => {
    for (const end of [
      await grpc.call(streamAudio, question, { "x-correlation-id": "my-id.1" }),
      await grpc.call(interruptSession, { hardwareId: "x" }, { "x-correlation-id": "my-id.1" }),
    ]) {
      expect([end.code, end.reason, end.field]).toEqual([UNAUTHENTICATED, "TOKEN_MISSING", "authorization"]);
      expect(end.messages).toEqual([]);
      expect(end.metadata.get("x-correlation-id")).toContain("my-id.1");
    }
  });

  test("forged tokens are refused, each with the same text", async () => {
    const texts = new Set<string>();
    for (const [name, authorization] of Object.entries(forged())) {
      const end = await grpc.call(streamAudio, question, { authorization });
      expect([name, end.code, end.reason]).toEqual([name, UNAUTHENTICATED, "TOKEN_INVALID"]);
      expect(end.details).not.toContain("nonsense");
      if (name !== "another scheme") texts.add(end.details);
    }
    expect(texts.size).toBe(1);
  });

  test.each(["Bearer", "bearer", "BEARER"])("the scheme may be written %s", async (scheme) => {
    const end = await grpc.call(streamAudio, question, { authorization: `${scheme} ${server.accessToken}` });
    expect(end.code).toBe(0);
    expect(end.messages.at(-1)?.content.case).toBe("endMessage");
  });

  test("an unknown method is UNIMPLEMENTED", async () => {
    const unknown = { ...streamAudio, name: "Nothing" } as typeof streamAudio;
    const end = await grpc.call(unknown, question);
    expect(end.code).toBe(12);
  });
});

test("an expired token is UNAUTHENTICATED with TOKEN_EXPIRED on both ports", async () => {
  let shiftMs = 0;
  const clock = { nowMs: () => systemClock.nowMs() + shiftMs };
  await using late = await startTestServer({ deps: { clock } });
  using client = new GrpcJsClient(late.grpcUrl);
  const authorization = `Bearer ${late.accessToken}`;
  expect((await client.call(interruptSession, { hardwareId: "x" }, { authorization })).code).toBe(0);
  shiftMs = 901_000;
  const end = await client.call(interruptSession, { hardwareId: "x" }, { authorization });
  expect([end.code, end.reason]).toEqual([UNAUTHENTICATED, "TOKEN_EXPIRED"]);
  const response = await fetch(`${late.httpUrl}/v1/chats`, { headers: { authorization } });
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ error: { code: "TOKEN_EXPIRED" } });
});

describe.each([
  [
    "Connect/JSON",
    () => createConnectTransport({ baseUrl: server.httpUrl, httpVersion: "1.1", useBinaryFormat: false }),
  ],
  ["Connect/binary", () => createConnectTransport({ baseUrl: server.httpUrl, httpVersion: "1.1" })],
  ["gRPC-Web", () => createGrpcWebTransport({ baseUrl: server.httpUrl, httpVersion: "1.1" })],
  ["gRPC by Connect", () => createGrpcTransport({ baseUrl: `http://${server.grpcUrl}` })],
])("%s", (_name, transport) => {
  test("without a token: UNAUTHENTICATED with ErrorInfo", async () => {
    const client = createClient(StreamingService, transport());
    const stream = (async () => {
      for await (const _ of client.streamAudio(question)) expect.fail("a message came");
    })();
    for (const call of [stream, client.interruptSession({ hardwareId: "x" })]) {
      const error = await call.then(() => expect.fail("it was let in"), ConnectError.from);
      expect(error.code).toBe(Code.Unauthenticated);
      expect(error.findDetails(ErrorInfoSchema)).toMatchObject([
        { reason: "TOKEN_MISSING", domain: "pipit" },
      ]);
    }
  });

  test("with a token: a whole answer", async () => {
    const client = createClient(StreamingService, transport());
    const cases: (string | undefined)[] = [];
    const headers = { authorization: `Bearer ${server.accessToken}` };
    for await (const { content } of client.streamAudio(question, { headers })) cases.push(content.case);
    expect(cases).toContain("textChunk");
    expect(cases.at(-1)).toBe("endMessage");
  });
});

describe("plain HTTP", () => {
  test("curl with JSON: 401 without a token, 200 with one", async () => {
    const url = `${server.httpUrl}/streaming.StreamingService/InterruptSession`;
    const request = { method: "POST", body: '{"hardwareId":"x"}' };
    const refused = await fetch(url, { ...request, headers: { "content-type": "application/json" } });
    expect(refused.status).toBe(401);
    expect(refused.headers.get("x-correlation-id")).toMatch(/^[0-9a-f-]{36}$/);
    const taken = await fetch(url, {
      ...request,
      headers: { "content-type": "application/json", authorization: `bearer ${server.accessToken}` },
    });
    expect(taken.status).toBe(200);
    expect(await taken.json()).toMatchObject({ success: true });
  });

  test.each([
    "/v1/chats",
    "/v1/chats/x",
    "/v1/chats/x/messages",
    "/v1/chats/search?q=x",
    "/v1/models",
    "/v1/status",
  ])("%s is 401 for anybody, in JSON, naming the scheme", async (path) => {
    const response = await fetch(server.httpUrl + path);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
    expect(await response.json()).toMatchObject({ error: { code: "TOKEN_MISSING", field: "authorization" } });
  });
});

describe("PIPIT_LEGACY_ANONYMOUS", () => {
  test("admits local gRPC calls without a token, but no web page, no proxy, no forged token, no REST", async () => {
    await using legacy = await startTestServer({ config: { legacyAnonymous: true } });
    using client = new GrpcJsClient(legacy.grpcUrl);
    const call = (headers: Record<string, string>) =>
      client.call(interruptSession, { hardwareId: "x" }, headers);
    expect((await call({})).code).toBe(0);
    expect((await call({ "x-forwarded-for": "10.0.0.1" })).reason).toBe("TOKEN_MISSING");
    expect((await call({ origin: "https://evil.example" })).reason).toBe("TOKEN_MISSING");
    expect((await call({ authorization: "Bearer nonsense" })).reason).toBe("TOKEN_INVALID");
    expect((await fetch(`${legacy.httpUrl}/v1/chats`)).status).toBe(401);
  });
});
