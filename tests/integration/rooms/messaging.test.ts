import { create, toBinary } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import type { Metadata } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SIGN_OF_LIFE_HEADER } from "#contract/events/signs-of-life.ts";
import { EmptySchema, Messaging, type Message } from "#proto/messaging_pb.ts";
import { GrpcJsClient } from "../server-clients.ts";
import { startTestServer, type TestServer } from "../start-test-server.ts";

const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const RESOURCE_EXHAUSTED = 8;
const UNAUTHENTICATED = 16;
const NOWHERE = "01a22000-0000-7000-8000-000000000000";

let server: TestServer;
let client: GrpcJsClient;
beforeAll(async () => {
  server = await startTestServer();
  client = new GrpcJsClient(server.grpcUrl);
});
afterAll(async () => {
  client[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

const bearer = (token = server.accessToken) => ({ authorization: `Bearer ${token}` });

async function say(fields: { text: string; room?: string; clientMessageId?: string; author?: string }) {
  return client.call(Messaging.method.sendMessage, fields, bearer());
}

/** Says it, and resolves to the id of the message. */
async function sayId(text: string, clientMessageId?: string): Promise<string> {
  const { messages, details } = await say({ text, ...(clientMessageId && { clientMessageId }) });
  expect(details).toBe("");
  return messages[0]?.messageId ?? "";
}

function open(fields: { room?: string; resumeAfter?: string }) {
  const request = Buffer.from(toBinary(EmptySchema, create(EmptySchema, fields)));
  const stream = client.open(Messaging.method.messageStream, request, bearer());
  const read: Message[] = [];
  const ended = Promise.withResolvers<{ readonly code: number; readonly metadata: Metadata }>();
  stream.on("data", (message: Message) => read.push(message));
  stream.on("error", (error: { code: number; metadata: Metadata }) => ended.resolve(error));
  return { stream, read, ended: ended.promise };
}

test("a message is the caller's, whatever it says, and one however often it is sent; a reader resumes after it", async () => {
  const first = await sayId("where it begins");
  const fields = {
    text: "Hello",
    author: "mallory",
    clientMessageId: "01a22000-0000-7000-8000-00000000000A",
  };
  const sent = await say(fields);
  expect(await say({ ...fields, clientMessageId: fields.clientMessageId.toLowerCase() })).toMatchObject({
    messages: sent.messages,
  });
  expect(sent.messages[0]?.success).toBe(true);
  const reader = open({ resumeAfter: first });
  await expect.poll(() => reader.read.length).toBe(1);
  const last = await sayId("live");
  await expect.poll(() => reader.read.map(({ text }) => text)).toEqual(["Hello", "live"]);
  const [hello] = reader.read;
  expect(hello).toMatchObject({ author: "local", messageId: sent.messages[0]?.messageId });
  expect(hello?.room).toBeUndefined();
  expect(hello?.sendTime && timestampMs(hello.sendTime)).toBe(
    sent.messages[0]?.serverTime && timestampMs(sent.messages[0].serverTime),
  );
  expect(last).toBe(reader.read[1]?.messageId);
  reader.stream.cancel();
  await reader.ended;
});

test.each([
  ["a room that is not there", { text: "x", room: NOWHERE }, NOT_FOUND, "room"],
  ["a room whose name is no id", { text: "x", room: "a\0b" }, NOT_FOUND, "room"],
  ["no text", { text: " " }, INVALID_ARGUMENT, "text"],
  ["1 MB of text", { text: "x".repeat(1_048_576) }, INVALID_ARGUMENT, "text"],
  ["an id that is no UUID", { text: "x", clientMessageId: "1" }, INVALID_ARGUMENT, "client_message_id"],
])("%s is refused, and nothing is stored", async (_name, fields, code, field) => {
  const before = await sayId("before");
  expect(await say(fields)).toMatchObject({ code, field });
  const reader = open({ resumeAfter: before });
  await sayId("after");
  await expect.poll(() => reader.read.map(({ text }) => text)).toEqual(["after"]);
  reader.stream.cancel();
  await reader.ended;
});

test("a stream of a strange room, of a message that is not there, and of a stranger, is refused", async () => {
  const { messageStream } = Messaging.method;
  expect(await client.call(messageStream, { room: NOWHERE }, bearer())).toMatchObject({ code: NOT_FOUND });
  for (const resumeAfter of [NOWHERE, "1"]) {
    const refused = await client.call(messageStream, { resumeAfter }, bearer());
    expect(refused).toMatchObject({ code: INVALID_ARGUMENT, field: "resume_after" });
  }
  expect(await client.call(messageStream, {}, { token: "forged" })).toMatchObject({ code: UNAUTHENTICATED });
});

test("streams are counted, and end with the sign-in, telling the last message that they brought", async () => {
  await using own = await startTestServer({ config: { socketsPerAccount: 1 } });
  using other = new GrpcJsClient(own.grpcUrl);
  const headers = { authorization: `Bearer ${own.accessToken}` };
  const sent = await other.call(Messaging.method.sendMessage, { text: "one" }, headers);
  const more = await other.call(Messaging.method.sendMessage, { text: "two" }, headers);
  const resumeAfter = sent.messages[0]?.messageId ?? "";
  const request = Buffer.from(toBinary(EmptySchema, create(EmptySchema, { resumeAfter })));
  const stream = other.open(Messaging.method.messageStream, request, headers);
  const ended = new Promise<{ code: number; metadata: Metadata }>((resolve) => {
    stream.on("error", (error: unknown) => resolve(error as { code: number; metadata: Metadata }));
  });
  await new Promise((resolve) => stream.once("data", resolve));
  expect(await other.call(Messaging.method.messageStream, {}, headers)).toMatchObject({
    code: RESOURCE_EXHAUSTED,
    reason: "STREAM_LIMIT",
  });
  const body = new URLSearchParams({ token: own.refreshToken, client_id: "pipit-cli" });
  expect((await fetch(`${own.httpUrl}/oauth/revoke`, { method: "POST", body })).status).toBe(200);
  const { code, metadata } = await ended;
  expect([code, metadata.get("last-message-id")]).toEqual([UNAUTHENTICATED, [more.messages[0]?.messageId]]);
});

test("a web client that asks for signs of life gets an empty message in each silence, nobody else does, and no proxy is to hold them back", async () => {
  const at = { baseUrl: server.httpUrl, httpVersion: "1.1" } as const;
  const end = new AbortController();
  const headersOf: Headers[] = [];
  const follow = (transport: ReturnType<typeof createConnectTransport>, asked?: string) => {
    const headers = { ...bearer(), ...(asked !== undefined && { [SIGN_OF_LIFE_HEADER]: asked }) };
    const onHeader = (header: Headers) => void headersOf.push(header);
    const options = { headers, onHeader, signal: end.signal };
    const read = createClient(Messaging, transport).messageStream({}, options)[Symbol.asyncIterator]();
    return async () => ((await read.next()).value as Message).text;
  };
  const asking = [createConnectTransport(at), createGrpcWebTransport(at)].map((wire) => follow(wire, "1"));
  const plain = ["0", "61", "1.5", undefined].map((asked) => follow(createConnectTransport(at), asked));
  const program = open({});
  const first = plain.map((read) => read());
  for (const read of asking) expect([await read(), await read()]).toEqual(["", ""]);
  await sayId("after a silence");
  expect(await Promise.all(first)).toEqual(Array(4).fill("after a silence"));
  for (const read of asking) await expect.poll(read).toBe("after a silence");
  expect(headersOf.map((header) => header.get("x-accel-buffering"))).toEqual(Array(6).fill("no"));
  await expect.poll(() => program.read.map(({ text }) => text)).toEqual(["after a silence"]);
  end.abort();
  program.stream.cancel();
});
