import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { Metadata, ServerCredentials, status } from "@grpc/grpc-js";
import { describe, expect, test } from "vitest";
import type { ChatEvent } from "#contract/chat-event.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { StreamCall } from "#engine/ports.ts";
import { InterruptResponseSchema, ToolEvent_State, type StreamRequest } from "#proto/streaming_pb.ts";
import { createGrpcTransport, type GrpcTransportOptions } from "./grpc-transport.ts";
import { createRecordingLogger } from "./testing/recording-logger.ts";
import {
  errorTrailers,
  response,
  startStreamingServer,
  type StreamCallContext,
} from "./testing/streaming-server.ts";

const question: StreamCall = {
  prompt: "hello",
  clientMessageId: "0192f0c0-0000-7000-8000-000000000001",
  hardwareId: "a9d2c5f0-1111-5111-8111-111111111111",
  speak: true,
};
const never = new AbortController().signal;

function connect(target: string, options: Partial<GrpcTransportOptions> = {}) {
  return createGrpcTransport({
    target,
    tls: false,
    accessToken: async () => "token-1",
    logger: createRecordingLogger(),
    ...options,
  });
}

async function collect(events: AsyncIterable<ChatEvent>): Promise<ChatEvent[]> {
  const seen: ChatEvent[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}

async function failure(work: Promise<unknown>): Promise<PipitError> {
  try {
    await work;
  } catch (error) {
    expect(error).toBeInstanceOf(PipitError);
    return error as PipitError;
  }
  throw new Error("expected a failure");
}

async function failureOf(streamAudio: (call: StreamCallContext) => void): Promise<PipitError> {
  await using server = await startStreamingServer({ streamAudio });
  await using transport = connect(server.target);
  return await failure(collect(transport.streamAudio(question, never)));
}

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
    await using transport = connect(server.target);
    const image = { bytes: new Uint8Array([0xff, 0xd8, 0xff]), widthPx: 20, heightPx: 10 };
    const events = await collect(transport.streamAudio({ ...question, image, locale: "ru" }, never));
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
    await using transport = connect(server.target);
    await collect(
      transport.streamAudio(
        { ...question, chatId: "c", sessionId: "s", searchAllChats: true, speak: false },
        never,
      ),
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
    let turn = 0;
    await using transport = connect(server.target, { accessToken: async () => `token-${(turn += 1)}` });
    await collect(transport.streamAudio(question, never));
    await collect(transport.streamAudio(question, never));
    expect(seen).toEqual(["Bearer token-1", "Bearer token-2"]);
  });
});

describe("an error", () => {
  test("with our details keeps its code, text, field and wait", async () => {
    const error = await failureOf((call) =>
      call.emit("error", {
        code: status.INVALID_ARGUMENT,
        details: "plain text",
        metadata: errorTrailers("SCREENSHOT_INVALID", "Not a picture.", {
          field: "screenshot",
          retryAfterMs: 1500,
        }),
      }),
    );
    expect(error).toMatchObject({
      code: "SCREENSHOT_INVALID",
      message: "Not a picture.",
      field: "screenshot",
      retryAfterMs: 1500,
    });
  });

  test("of another domain or with an unknown reason falls back to the plain status", async () => {
    for (const trailers of [
      errorTrailers("STORAGE_FULL", "x", { domain: "else.where" }),
      errorTrailers("NO_SUCH_REASON", "x"),
    ]) {
      const error = await failureOf((call) =>
        call.emit("error", { code: status.PERMISSION_DENIED, details: "plan limit", metadata: trailers }),
      );
      expect(error).toMatchObject({ code: "NOT_ALLOWED", message: "plan limit" });
    }
  });

  test("with broken details falls back to the plain status", async () => {
    const trailers = new Metadata();
    trailers.set("grpc-status-details-bin", Buffer.from([0xff, 0xff, 0xff]));
    const error = await failureOf((call) =>
      call.emit("error", { code: status.NOT_FOUND, details: "no chat", metadata: trailers }),
    );
    expect(error).toMatchObject({ code: "CHAT_NOT_FOUND", message: "no chat" });
  });

  test.each([
    [status.UNAUTHENTICATED, "TOKEN_INVALID"],
    [status.INVALID_ARGUMENT, "INVALID_REQUEST"],
    [status.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED"],
    [status.ABORTED, "TURN_RUNNING_ELSEWHERE"],
    [status.RESOURCE_EXHAUSTED, "RATE_LIMITED"],
    [status.UNAVAILABLE, "SERVER_UNREACHABLE"],
    [status.UNIMPLEMENTED, "CONFIG_INVALID"],
    [status.INTERNAL, "INTERNAL"],
    [status.UNKNOWN, "INTERNAL"],
    [status.DATA_LOSS, "INTERNAL"],
    [status.CANCELLED, "CANCELLED"],
  ])("with only status %i becomes %s", async (code, expected) => {
    const error = await failureOf((call) => call.emit("error", { code, details: "why" }));
    expect(error.code).toBe(expected);
    expect(error.message).not.toBe("");
  });

  test("of a server at its stream cap is STREAM_LIMIT", async () => {
    const error = await failureOf((call) =>
      call.emit("error", { code: status.RESOURCE_EXHAUSTED, details: "STREAM_LIMIT_EXCEEDED: 50" }),
    );
    expect(error.code).toBe("STREAM_LIMIT");
  });

  test("told twice, as a message and as a status, is the status", async () => {
    const error = await failureOf((call) => {
      call.write(response({ case: "errorMessage", value: "told first" }));
      call.emit("error", {
        code: status.UNAVAILABLE,
        details: "",
        metadata: errorTrailers("MODEL_UNREACHABLE", "No model."),
      });
    });
    expect(error).toMatchObject({ code: "MODEL_UNREACHABLE", message: "No model." });
  });

  test("told only as a message, with status OK, is thrown with that text", async () => {
    const error = await failureOf((call) => {
      call.write(response({ case: "errorMessage", value: "session_id is required" }));
      call.end();
    });
    expect(error).toMatchObject({ code: "INTERNAL", message: "session_id is required" });
  });

  test("is not hidden by an early close: OK without an end is a broken answer", async () => {
    const error = await failureOf((call) => {
      call.write(response({ case: "textChunk", value: "Half of" }));
      call.end();
    });
    expect(error).toMatchObject({ code: "MODEL_FAILED", retryable: true });
  });

  test("after data still delivers the data first", async () => {
    await using server = await startStreamingServer({
      streamAudio(call) {
        call.write(response({ case: "textChunk", value: "one" }));
        call.write(response({ case: "textChunk", value: "two" }));
        call.emit("error", { code: status.UNAVAILABLE, details: "gone" });
      },
    });
    await using transport = connect(server.target);
    const seen: ChatEvent[] = [];
    const error = await failure(
      (async () => {
        for await (const event of transport.streamAudio(question, never)) seen.push(event);
      })(),
    );
    expect(seen).toEqual([
      { type: "text", text: "one" },
      { type: "text", text: "two" },
    ]);
    expect(error.code).toBe("SERVER_UNREACHABLE");
  });

  test("of a server that dies in the middle is SERVER_UNREACHABLE", async () => {
    await using server = await startStreamingServer({
      streamAudio: (call) => void call.write(response({ case: "textChunk", value: "one" })),
    });
    await using transport = connect(server.target);
    const error = await failure(
      (async () => {
        for await (const _ of transport.streamAudio(question, never)) server.kill();
      })(),
    );
    expect(error.code).toBe("SERVER_UNREACHABLE");
    expect(error.retryable).toBe(true);
  });

  test("of a server that is not there is SERVER_UNREACHABLE and names the cure", async () => {
    const gone = await startStreamingServer({});
    await gone[Symbol.asyncDispose]();
    await using transport = connect(gone.target);
    const error = await failure(collect(transport.streamAudio(question, never)));
    expect(error.code).toBe("SERVER_UNREACHABLE");
    expect(error.message).toContain(gone.target);
    expect(error.message).toContain("pipit serve");
  });

  test("for a message over the limit is final, and nothing is sent", async () => {
    await using server = await startStreamingServer({});
    await using transport = connect(server.target);
    const error = await failure(
      collect(transport.streamAudio({ ...question, prompt: "x".repeat(17 * 1024 * 1024) }, never)),
    );
    expect(error).toMatchObject({ code: "INVALID_REQUEST", retryable: false });
  });

  test("of the token source is thrown as it is, and the call never starts", async () => {
    let calls = 0;
    await using server = await startStreamingServer({ streamAudio: () => void (calls += 1) });
    const signedOut = new PipitError("SIGNED_OUT", "Sign in first.");
    await using transport = connect(server.target, { accessToken: () => Promise.reject(signedOut) });
    expect(await failure(collect(transport.streamAudio(question, never)))).toBe(signedOut);
    expect(calls).toBe(0);
  });
});

describe("cancelling", () => {
  test("by abort reaches the server at once and ends with CANCELLED", async () => {
    const cancelled = Promise.withResolvers<void>();
    await using server = await startStreamingServer({
      streamAudio(call) {
        call.on("cancelled", () => cancelled.resolve());
        call.write(response({ case: "textChunk", value: "one" }));
      },
    });
    await using transport = connect(server.target);
    const abort = new AbortController();
    const error = await failure(
      (async () => {
        for await (const _ of transport.streamAudio(question, abort.signal)) abort.abort();
      })(),
    );
    await cancelled.promise;
    expect(error.code).toBe("CANCELLED");
  });

  test("by leaving the loop reaches the server", async () => {
    const cancelled = Promise.withResolvers<void>();
    await using server = await startStreamingServer({
      streamAudio(call) {
        call.on("cancelled", () => cancelled.resolve());
        call.write(response({ case: "textChunk", value: "one" }));
      },
    });
    await using transport = connect(server.target);
    for await (const event of transport.streamAudio(question, never)) {
      expect(event.type).toBe("text");
      break;
    }
    await cancelled.promise;
  });

  test("while the token is awaited never starts the call", async () => {
    let calls = 0;
    await using server = await startStreamingServer({ streamAudio: () => void (calls += 1) });
    const asked = Promise.withResolvers<void>();
    const token = Promise.withResolvers<string>();
    await using transport = connect(server.target, {
      accessToken: () => {
        asked.resolve();
        return token.promise;
      },
    });
    const abort = new AbortController();
    const ending = failure(collect(transport.streamAudio(question, abort.signal)));
    await asked.promise;
    abort.abort();
    expect((await ending).code).toBe("CANCELLED");
    token.resolve("late");
    expect(calls).toBe(0);
  });

  test("before the start does nothing at all", async () => {
    await using transport = connect("127.0.0.1:9");
    expect((await failure(collect(transport.streamAudio(question, AbortSignal.abort())))).code).toBe(
      "CANCELLED",
    );
  });

  test("is not what a server sees after a normal end", async () => {
    const outcome = Promise.withResolvers<string>();
    await using server = await startStreamingServer({
      async streamAudio(call) {
        call.on("cancelled", () => outcome.resolve("cancelled"));
        call.on("finish", () => outcome.resolve("finished"));
        call.write(response({ case: "endMessage", value: "done" }));
        // Storing takes a moment in a real server; the client must not cut it off.
        await new Promise((resolve) => setImmediate(resolve));
        call.end();
      },
    });
    await using transport = connect(server.target);
    for await (const event of transport.streamAudio(question, never)) if (event.type === "end") break;
    expect(await outcome.promise).toBe("finished");
  });

  test("happens to running calls when the transport is disposed", async () => {
    await using server = await startStreamingServer({
      streamAudio: (call) => void call.write(response({ case: "textChunk", value: "one" })),
    });
    const transport = connect(server.target);
    const error = await failure(
      (async () => {
        for await (const _ of transport.streamAudio(question, never)) await transport[Symbol.asyncDispose]();
      })(),
    );
    expect(error.code).toBe("CANCELLED");
  });
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
  await using transport = connect(server.target);
  const events = transport.streamAudio(question, never)[Symbol.asyncIterator]();
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

describe("interruptSession", () => {
  test("gives the interrupted sessions", async () => {
    await using server = await startStreamingServer({
      interruptSession: (call, callback) =>
        callback(
          null,
          create(InterruptResponseSchema, { success: true, interruptedSessions: [call.request.hardwareId] }),
        ),
    });
    await using transport = connect(server.target);
    expect(await transport.interruptSession("hw", never)).toEqual(["hw"]);
  });

  test("throws what the server refuses", async () => {
    await using server = await startStreamingServer({
      interruptSession: (_, callback) =>
        callback(null, create(InterruptResponseSchema, { success: false, message: "empty" })),
    });
    await using transport = connect(server.target);
    expect(await failure(transport.interruptSession("", never))).toMatchObject({
      code: "HARDWARE_ID_INVALID",
      message: "empty",
    });
  });

  test("throws statuses, missing tokens and aborts as the stream does", async () => {
    await using server = await startStreamingServer({
      interruptSession: (_, callback) => callback({ code: status.UNAUTHENTICATED, details: "no" }),
    });
    await using transport = connect(server.target);
    expect((await failure(transport.interruptSession("hw", never))).code).toBe("TOKEN_INVALID");
    expect((await failure(transport.interruptSession("hw", AbortSignal.abort()))).code).toBe("CANCELLED");
    const signedOut = new PipitError("SIGNED_OUT", "Sign in first.");
    await using tokenless = connect(server.target, { accessToken: () => Promise.reject(signedOut) });
    expect(await failure(tokenless.interruptSession("hw", never))).toBe(signedOut);
  });
});

describe("the channel", () => {
  test("refuses plaintext to another machine, and malformed targets", () => {
    for (const target of ["pipit.example.org:443", "10.0.0.1:50051"]) {
      expect(() => connect(target)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    }
    for (const target of ["", "localhost", "http://localhost:1", "localhost:0", "localhost:70000", "a b:1"]) {
      expect(() => connect(target, { tls: true })).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID" }),
      );
    }
    expect(() => connect("localhost:1", { tls: { caPem: "nonsense" } })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
  });

  test("speaks TLS by default and trusts only known authorities", async () => {
    const folder = mkdtempSync(join(tmpdir(), "pipit-tls-"));
    try {
      const key = join(folder, "key.pem");
      const cert = join(folder, "cert.pem");
      execFileSync(
        "openssl",
        [
          "req",
          "-x509",
          "-newkey",
          "ec",
          "-pkeyopt",
          "ec_paramgen_curve:P-256",
          "-nodes",
          "-days",
          "1",
        ].concat([
          "-subj",
          "/CN=localhost",
          "-addext",
          "subjectAltName=DNS:localhost,IP:127.0.0.1",
          "-keyout",
          key,
          "-out",
          cert,
        ]),
        { stdio: "ignore" },
      );
      const pair = { private_key: readFileSync(key), cert_chain: readFileSync(cert) };
      await using server = await startStreamingServer({
        credentials: ServerCredentials.createSsl(null, [pair]),
        streamAudio(call) {
          call.write(response({ case: "endMessage", value: "done" }));
          call.end();
        },
      });
      await using trusting = connect(server.target, { tls: { caPem: readFileSync(cert, "utf8") } });
      expect(await collect(trusting.streamAudio(question, never))).toEqual([{ type: "end" }]);
      await using strict = createGrpcTransport({
        target: server.target,
        accessToken: async () => "t",
        logger: createRecordingLogger(),
      });
      expect((await failure(collect(strict.streamAudio(question, never)))).code).toBe("SERVER_UNREACHABLE");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("warms up, and an aborted warm-up ends at once", async () => {
    await using server = await startStreamingServer({});
    await using transport = connect(server.target);
    await transport.warmUp(never);
    const gone = await startStreamingServer({});
    await gone[Symbol.asyncDispose]();
    await using lost = connect(gone.target);
    const abort = new AbortController();
    const ending = failure(lost.warmUp(abort.signal));
    abort.abort();
    expect((await ending).code).toBe("CANCELLED");
  });
});
