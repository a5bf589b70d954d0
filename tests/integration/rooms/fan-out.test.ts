import { once } from "node:events";
import { constants, type ClientHttp2Stream, type IncomingHttpHeaders } from "node:http2";
import { connect as connectTo, createServer, type AddressInfo, type Socket } from "node:net";
import { fromBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { MessageSchema, Messaging, type Message } from "#proto/messaging_pb.ts";
import { KEPT_MESSAGES } from "#server/domain/rooms/room-feed.ts";
import { openMessaging } from "#tests/testing/messaging-wire.ts";
import { GrpcJsClient } from "../server-clients.ts";
import { startTestServer, type TestServer } from "../start-test-server.ts";

const RESOURCE_EXHAUSTED = "8";
/** Fills the windows of a reader that takes nothing, long before it is {@link KEPT_MESSAGES} behind. */
const LONG_TEXT = "x".repeat(1_024);
const AT_ONCE = 50;
/** A reader on a busy machine has to answer within it. */
const PING_EVERY_MS = 2_000;

let server: TestServer;
let client: GrpcJsClient;
let headers: { readonly authorization: string };
beforeAll(async () => {
  server = await startTestServer({
    config: { roomMessagesPerMinute: 100_000 },
    deps: { pingEveryMs: PING_EVERY_MS },
  });
  client = new GrpcJsClient(server.grpcUrl);
  headers = { authorization: `Bearer ${server.accessToken}` };
});
afterAll(async () => {
  client[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

/** A reader over a connection of its own, that takes nothing before it is told to; resolves when the server has it. */
async function subscribe(contentType?: string, request?: Uint8Array, grpcUrl = server.grpcUrl) {
  const wire = openMessaging({ ...server, grpcUrl });
  const { stream, begun } = await wire.follow(request, contentType);
  const trailers = new Promise<IncomingHttpHeaders>((resolve) => stream.once("trailers", resolve));
  return {
    begun,
    trailers,
    /** The code of its reset. */
    reset: new Promise<number>((resolve) => {
      stream.once("error", () => resolve(stream.rstCode));
    }),
    messages: () => messagesOf(stream),
    frames: () => framesOf(stream),
    [Symbol.dispose]: () => wire[Symbol.dispose](),
  };
}

async function* messagesOf(stream: ClientHttp2Stream): AsyncGenerator<Message> {
  for await (const frame of framesOf(stream)) yield fromBinary(MessageSchema, frame);
}

/** Reads; without the trailers no end is in sight. */
async function* framesOf(stream: ClientHttp2Stream): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const piece of stream) {
    rest = Buffer.concat([rest, piece as Buffer]);
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
      const end = 5 + rest.readUInt32BE(1);
      yield rest.subarray(5, end);
      rest = rest.subarray(end);
    }
  }
}

/** Resolves to the id of the message. */
async function say(text: string): Promise<string> {
  const { details, messages } = await client.call(Messaging.method.sendMessage, { text }, headers);
  expect(details).toBe("");
  return messages[0]?.messageId ?? "";
}

test("[14] a reader that knows that it is there misses nothing; one that stalls delays nobody and is told where it was, if it listens", async () => {
  using stalled = await subscribe();
  using deaf = await subscribe();
  using quick = await subscribe();
  expect(quick.begun).toMatchObject({ ":status": 200, "content-type": "application/grpc+proto" });
  expect(quick.begun["grpc-status"]).toBeUndefined();
  const reading = quick.messages();
  let seq = 0n;
  for (let sent = 0; sent < KEPT_MESSAGES + 200; sent += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => say(LONG_TEXT)));
    for (let read = 0; read < AT_ONCE; read++) expect((await reading.next()).value?.seq).toBe(++seq);
  }
  const taken: Message[] = [];
  for await (const message of stalled.messages()) taken.push(message);
  expect(taken.map((message) => Number(message.seq))).toEqual(taken.map((_, at) => at + 1));
  expect(taken.length).toBeLessThan(500);
  expect(await stalled.trailers).toMatchObject({
    "grpc-status": RESOURCE_EXHAUSTED,
    "last-message-id": taken.at(-1)?.messageId,
    "retry-after-ms": "0",
  });
  // What this one leaves unread is not kept for ever.
  expect(await deaf.reset).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
});

test("[14] who speaks JSON over gRPC reads JSON", async () => {
  const resumeAfter = await say("said before");
  await say("read as JSON");
  using reader = await subscribe("application/grpc+json", Buffer.from(JSON.stringify({ resumeAfter })));
  expect(reader.begun["content-type"]).toBe("application/grpc+json");
  const frame = await reader.frames().next();
  expect(JSON.parse(String(frame.value))).toMatchObject({ text: "read as JSON" });
});

/** A way to the server that can be cut as a network is: nobody is told. */
async function openWay() {
  const [host = "", port] = server.grpcUrl.split(":");
  const sockets: Socket[] = [];
  const way = createServer((near) => {
    const far = connectTo(Number(port), host);
    sockets.push(near, far);
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) socket.on("error", () => undefined);
  }).listen(0, "127.0.0.1");
  await once(way, "listening");
  return {
    target: `127.0.0.1:${(way.address() as AddressInfo).port}`,
    cut: () => sockets.forEach((socket) => socket.unpipe().pause()),
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy();
      way.close();
    },
  };
}

async function readers(): Promise<string | undefined> {
  const text = await (await fetch(`${server.httpUrl}/metrics`)).text();
  return /^pipit_room_readers (\d+)$/m.exec(text)?.[1];
}

test("[14] a reader whose network is gone without a word is let go of", async () => {
  using way = await openWay();
  await expect.poll(readers, { timeout: 60_000 }).toBe("0");
  using reader = await subscribe(undefined, undefined, way.target);
  expect(reader.begun[":status"]).toBe(200);
  expect(await readers()).toBe("1");
  way.cut();
  await expect.poll(readers, { timeout: 60_000 }).toBe("0");
});

test("who is cut off while an answer is written costs the operator no lines of a library", async () => {
  const printed = vi.spyOn(console, "error");
  const resumeAfter = await say("before");
  await Promise.all(Array.from({ length: 4 * AT_ONCE }, () => say(LONG_TEXT)));
  await expect.poll(readers, { timeout: 60_000 }).toBe("0");
  {
    using reader = await subscribe("application/grpc+json", Buffer.from(JSON.stringify({ resumeAfter })));
    // The first page is read by then, and its reader takes nothing.
    await say("after it");
    expect(reader.begun[":status"]).toBe(200);
  }
  await expect.poll(readers, { timeout: 60_000 }).toBe("0");
  expect(printed).not.toHaveBeenCalled();
  printed.mockRestore();
});
