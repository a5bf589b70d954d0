import { create } from "@bufbuild/protobuf";
import { createClient, decodeBinaryHeader, encodeBinaryHeader } from "@connectrpc/connect";
import { Metadata } from "@grpc/grpc-js";
import { describe, expect, test } from "vitest";
import {
  InterruptResponseSchema,
  StreamingService,
  ToolEvent_State,
  type StreamRequest,
} from "#proto/streaming_pb.ts";
import { createFakeSession } from "#engine/testing/fake-session.ts";
import { collect } from "#tests/doubles/collect.ts";
import { connect, never, question } from "../testing/grpc-transport-kit.ts";
import { response, startStreamingServer } from "../testing/streaming-server.ts";

describe("a whole answer", () => {
  test("arrives as events in order, and the server sees the question and the token", async () => {
    const requests: StreamRequest[] = [];
    const headers: unknown[] = [];
    await using server = await startStreamingServer({
      streamAudio(call) {
        requests.push(call.request);
        headers.push(call.metadata.get("authorization"));
        call.write(response({ case: "turn", value: { chatId: "c", turnId: "t", replayed: true } }));
        call.write(
          response({
            case: "toolEvent",
            value: { name: "clock", state: ToolEvent_State.DONE, summary: "12:00", callId: "1" },
          }),
        );
        call.write(response({ case: "toolEvent", value: { name: "x", state: ToolEvent_State.UNSPECIFIED } }));
        call.write(response({ case: "actionMessage", value: { actionJson: "{}" } }));
        call.write(response({ case: "textChunk", value: "" }));
        call.write(response({ case: "textChunk", value: "Hi" }));
        call.write(
          response({
            case: "audioChunk",
            value: { audioData: new Uint8Array([1, 2, 3, 4]), dtype: "int16" },
          }),
        );
        call.write(response({ case: "audioChunk", value: { audioData: new Uint8Array(0), dtype: "int16" } }));
        call.write(response({ case: "title", value: "Greeting" }));
        call.write(response({ case: "usage", value: { inputTokens: 3, outputTokens: 4, model: "m" } }));
        call.write(response({ case: "notice", value: { code: "NO_VOICE", text: "no voice" } }));
        call.write(response({ case: "endMessage", value: "done" }));
        call.end();
      },
    });
    using wire = connect(server.target);
    const image = { bytes: new Uint8Array([0xff, 0xd8, 0xff]), widthPx: 20, heightPx: 10 };
    const events = await collect(wire.ask({ ...question, image, locale: "ru" }, never));
    expect(events).toEqual([
      { type: "turn", chatId: "c", turnId: "t", replayed: true },
      { type: "tool", callId: "1", name: "clock", state: "done", summary: "12:00" },
      { type: "text", text: "Hi" },
      { type: "audio", pcm: new Uint8Array([1, 2, 3, 4]) },
      { type: "title", title: "Greeting" },
      { type: "usage", inputTokens: 3, outputTokens: 4, model: "m" },
      { type: "notice", code: "NO_VOICE", text: "no voice" },
      { type: "end" },
    ]);
    expect(headers).toEqual([["Bearer token-1"]]);
    expect(requests[0]).toMatchObject({
      prompt: "hello",
      speak: true,
      locale: "ru",
      screenshot: "/9j/",
      screenWidth: 20,
      screenHeight: 10,
      clientMessageId: question.clientMessageId,
    });
    expect(requests[0]?.chatId).toBeUndefined();
    expect(requests[0]?.sessionId).toBeUndefined();
  });

  test("sends an optional field only when it is given", async () => {
    const requests: StreamRequest[] = [];
    await using server = await startStreamingServer({
      streamAudio(call) {
        requests.push(call.request);
        call.write(response({ case: "endMessage", value: "done" }));
        call.end();
      },
    });
    using wire = connect(server.target);
    await collect(
      wire.ask({ ...question, chatId: "c", sessionId: "s", searchAllChats: true, speak: false }, never),
    );
    expect(requests[0]).toMatchObject({ chatId: "c", sessionId: "s", searchAllChats: true, speak: false });
    expect(requests[0]?.screenshot).toBeUndefined();
  });

  test("asks for a token before every call", async () => {
    const seen: unknown[] = [];
    await using server = await startStreamingServer({
      streamAudio(call) {
        seen.push(call.metadata.get("authorization")[0]);
        call.write(response({ case: "endMessage", value: "done" }));
        call.end();
      },
    });
    const session = createFakeSession("ann");
    using wire = connect(server.target, { credentials: session });
    await collect(wire.ask(question, never));
    await session.renewAfter({ accountId: "ann", token: "token-1" }, never);
    await collect(wire.ask(question, never));
    expect(seen).toEqual(["Bearer token-1", "Bearer token-2"]);
  });
});

test("headers and trailers travel with a typed client's call, binary ones too", async () => {
  const asked: unknown[] = [];
  await using server = await startStreamingServer({
    interruptSession(call, callback) {
      asked.push(call.metadata.get("x-text"), call.metadata.get("x-raw-bin"));
      const header = new Metadata();
      header.set("x-first", "1");
      call.sendMetadata(header);
      const trailer = new Metadata();
      trailer.set("x-last-bin", Buffer.from([0, 255]));
      callback(null, create(InterruptResponseSchema, { success: true }), trailer);
    },
  });
  using wire = connect(server.target);
  const seen: unknown[] = [];
  await createClient(StreamingService, wire.transport).interruptSession(
    { hardwareId: "hw" },
    {
      headers: { "x-text": "a", "x-raw-bin": encodeBinaryHeader(Uint8Array.of(1, 254)) },
      onHeader: (header) => seen.push(header.get("x-first")),
      onTrailer: (trailer) => seen.push(decodeBinaryHeader(trailer.get("x-last-bin") ?? "")),
    },
  );
  expect(asked).toEqual([["a"], [Buffer.from([1, 254])]]);
  expect(seen).toEqual(["1", Uint8Array.of(0, 255)]);
});

test("a slow reader slows the server down instead of filling memory", async () => {
  const total = 2_000;
  const text = "x".repeat(8 * 1024);
  let written = 0;
  await using server = await startStreamingServer({
    async streamAudio(call) {
      for (; written < total; written += 1) {
        if (!call.write(response({ case: "textChunk", value: text }))) {
          await new Promise((resolve) => call.once("drain", resolve));
        }
      }
      call.write(response({ case: "endMessage", value: "done" }));
      call.end();
    },
  });
  using wire = connect(server.target);
  const events = wire.ask(question, never)[Symbol.asyncIterator]();
  await events.next();
  // The server keeps writing until the flow-control windows are full, then stops: wait until it no longer moves.
  let before = -1;
  while (written !== before) {
    before = written;
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(written).toBeLessThan(total / 2);
  let received = 1;
  for (let next = await events.next(); next.done !== true; next = await events.next()) received += 1;
  expect(received).toBe(total + 1);
});
