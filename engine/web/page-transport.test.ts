import { textFile } from "#engine/testing/chat-engine-kit.ts";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import type { ChatEvent } from "#contract/chat-event.ts";
import type { AskServer, Credentials, StreamCall } from "#engine/ports.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { StreamingService, type StreamRequest, type StreamResponse } from "#proto/streaming_pb.ts";
import { createPageAsk, createPageTransport } from "./page-transport.ts";
import { collect } from "#tests/doubles/collect.ts";
import { detailedError, response, startConnectServer } from "#tests/doubles/connect-server.ts";
import { failure } from "#tests/doubles/failure.ts";
import { serveHttp } from "#tests/doubles/serve-http.ts";

const question: StreamCall = {
  prompt: "hello",
  clientMessageId: "0192f0c0-0000-7000-8000-000000000001",
  hardwareId: "a9d2c5f0-1111-5111-8111-111111111111",
  speak: true,
};
const never = new AbortController().signal;
/** Signed in by a cookie. */
const credentials: Credentials = {
  attach: async () => ({ accountId: "ann" }),
  renewAfter: async () => undefined,
  refuse: async () => undefined,
};
const connect = (serverUrl: string): AskServer => createPageAsk(serverUrl, credentials, createFakeLogger());
const end = response({ case: "endMessage", value: "done" });
const text = (value: string) => response({ case: "textChunk", value });

/** Answers with these messages and then, perhaps, an error. */
function says(messages: readonly StreamResponse[], error?: Error) {
  return async function* answer(): AsyncGenerator<StreamResponse> {
    yield* messages;
    if (error !== undefined) throw error;
  };
}

describe("a whole answer", () => {
  test("arrives as events in order, and the server sees the question but no authorization", async () => {
    const requests: StreamRequest[] = [];
    const headers: (string | null)[] = [];
    await using server = await startConnectServer({
      async *streamAudio(request, context) {
        requests.push(request);
        headers.push(context.requestHeader.get("authorization"), context.requestHeader.get("content-type"));
        yield response({ case: "turn", value: { chatId: "c", turnId: "t", replayed: false } });
        yield text("");
        yield text("Hi");
        yield response({
          case: "audioChunk",
          value: { audioData: new Uint8Array([1, 2, 3, 4]), dtype: "int16" },
        });
        yield end;
      },
    });
    const ask = connect(server.url);
    const image = { bytes: new Uint8Array([0xff, 0xd8, 0xff]), widthPx: 20, heightPx: 10 };
    expect(await collect(ask({ ...question, image, files: [textFile], locale: "ru" }, never))).toEqual([
      { type: "turn", chatId: "c", turnId: "t", replayed: false },
      { type: "text", text: "Hi" },
      { type: "audio", pcm: new Uint8Array([1, 2, 3, 4]) },
      { type: "end" },
    ]);
    expect(requests[0]).toMatchObject({ prompt: "hello", screenshot: "/9j/", screenWidth: 20, locale: "ru" });
    expect(requests[0]?.files).toMatchObject([{ ...textFile, sizeBytes: 12n }]);
    expect(headers).toEqual([null, "application/connect+proto"]);
  });

  test("is not seen as cancelled by its server", async () => {
    const closed = Promise.withResolvers<boolean>();
    await using server = await startConnectServer({
      async *streamAudio(_request, context) {
        try {
          yield end;
          await new Promise((resolve) => setTimeout(resolve, 20));
        } finally {
          closed.resolve(context.signal.aborted);
        }
      },
    });
    const ask = connect(server.url);
    await collect(ask(question, never));
    expect(await closed.promise).toBe(false);
  });
});

describe("an error", () => {
  test("with our details keeps its code, text, field and wait", async () => {
    await using server = await startConnectServer({
      streamAudio: says(
        [],
        detailedError("PROMPT_TOO_LONG", "Too long by 3.", { field: "prompt", retryAfterMs: 1_500 }),
      ),
    });
    const ask = connect(server.url);
    expect(await failure(collect(ask(question, never)))).toMatchObject({
      code: "PROMPT_TOO_LONG",
      message: "Too long by 3.",
      field: "prompt",
      retryAfterMs: 1_500,
    });
  });

  test.each([
    [Code.Unauthenticated, "SIGNED_OUT"],
    [Code.PermissionDenied, "NOT_ALLOWED"],
    [Code.ResourceExhausted, "RATE_LIMITED"],
    [Code.Unavailable, "SERVER_UNREACHABLE"],
    [Code.Internal, "INTERNAL"],
    [Code.DeadlineExceeded, "DEADLINE_EXCEEDED"],
  ])("with the bare status %i is %s, also when another domain claims a code of ours", async (code, ours) => {
    await using server = await startConnectServer({
      streamAudio: says([], detailedError("PROMPT_EMPTY", "why", { domain: "elsewhere", code })),
    });
    const ask = connect(server.url);
    expect((await failure(collect(ask(question, never)))).code).toBe(ours);
  });

  test("told as a message only is thrown with that text, once", async () => {
    const said = response({ case: "errorMessage", value: "The model is asleep." });
    await using server = await startConnectServer({ streamAudio: says([text("a"), said]) });
    const ask = connect(server.url);
    expect(await failure(collect(ask(question, never)))).toMatchObject({
      code: "INTERNAL",
      message: "The model is asleep.",
    });
  });

  test("is a close without an end", async () => {
    await using server = await startConnectServer({ streamAudio: says([text("half")]) });
    const ask = connect(server.url);
    expect((await failure(collect(ask(question, never)))).code).toBe("MODEL_FAILED");
  });

  test("of a server that dies in the middle is SERVER_UNREACHABLE, after what it said", async () => {
    const spoken = Promise.withResolvers<void>();
    await using server = await startConnectServer({
      async *streamAudio() {
        yield text("half");
        await spoken.promise;
        server.kill();
        await new Promise(() => undefined);
      },
    });
    const ask = connect(server.url);
    const seen: ChatEvent[] = [];
    const reading = (async () => {
      for await (const event of ask(question, never)) {
        seen.push(event);
        spoken.resolve();
      }
    })();
    expect((await failure(reading)).code).toBe("SERVER_UNREACHABLE");
    expect(seen).toEqual([{ type: "text", text: "half" }]);
  });

  test("of a server that is not there is SERVER_UNREACHABLE and names the server", async () => {
    const gone = await startConnectServer({});
    await gone[Symbol.asyncDispose]();
    const ask = connect(gone.url);
    expect(await failure(collect(ask(question, never)))).toMatchObject({
      code: "SERVER_UNREACHABLE",
      message: expect.stringContaining(gone.url),
    });
  });

  test.each([
    [401, "SIGNED_OUT"],
    [403, "NOT_ALLOWED"],
    [429, "SERVER_UNREACHABLE"],
    [502, "SERVER_UNREACHABLE"],
    [404, "CONFIG_INVALID"],
  ])("of a proxy that answers HTTP %i is %s", async (status, code) => {
    await using server = await startPlainServer(status);
    const ask = connect(server.url);
    expect((await failure(collect(ask(question, never)))).code).toBe(code);
  });
});

describe("cancelling", () => {
  test.each(["abort", "leave"] as const)("by %s reaches the server", async (how) => {
    const seen = Promise.withResolvers<void>();
    await using server = await startConnectServer({
      async *streamAudio(_request, context) {
        context.signal.addEventListener("abort", () => seen.resolve());
        yield text("a");
        await seen.promise;
      },
    });
    const ask = connect(server.url);
    const abort = new AbortController();
    const reading = (async () => {
      for await (const event of ask(question, abort.signal)) {
        if (how === "leave" || event.type !== "text") break;
        abort.abort();
      }
    })();
    if (how === "leave") await reading;
    else expect((await failure(reading)).code).toBe("CANCELLED");
    await seen.promise;
  });

  test("before the start does nothing at all", async () => {
    let calls = 0;
    await using server = await startConnectServer({
      async *streamAudio() {
        calls += 1;
        yield end;
      },
    });
    const ask = connect(server.url);
    const error = await failure(collect(ask(question, AbortSignal.abort())));
    expect([error.code, calls]).toEqual(["CANCELLED", 0]);
  });
});

describe("a unary call of a typed client", () => {
  test("gives the answer, and throws as a stream does", async () => {
    await using server = await startConnectServer({
      interruptSession(hardwareId) {
        if (hardwareId === "bad") throw new ConnectError("no", Code.PermissionDenied);
        return { success: true, interruptedSessions: ["s1", "s2"] };
      },
    });
    const client = createClient(StreamingService, createPageTransport(server.url, credentials));
    const { interruptedSessions } = await client.interruptSession({ hardwareId: "fine" });
    expect(interruptedSessions).toEqual(["s1", "s2"]);
    expect((await failure(client.interruptSession({ hardwareId: "bad" }))).code).toBe("NOT_ALLOWED");
    const aborted = client.interruptSession({ hardwareId: "fine" }, { signal: AbortSignal.abort() });
    expect((await failure(aborted)).code).toBe("CANCELLED");
  });
});

function startPlainServer(status: number) {
  return serveHttp((_request, answer) => {
    answer.writeHead(status, { "content-type": "text/html" });
    answer.end("<h1>no</h1>");
  });
}
