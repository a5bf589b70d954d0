import { create } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import { describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { InterruptResponseSchema } from "#proto/streaming_pb.ts";
import { collect, connect, failure, never, question } from "../testing/grpc-transport-kit.ts";
import { response, startStreamingServer } from "../testing/streaming-server.ts";

/** A server that says one word and then nothing; `cancelled` resolves when the client hangs up. */
async function startHalfAnswer() {
  const { promise: cancelled, resolve } = Promise.withResolvers<void>();
  const server = await startStreamingServer({
    streamAudio(call) {
      call.on("cancelled", () => resolve());
      call.write(response({ case: "textChunk", value: "one" }));
    },
  });
  return { ...server, cancelled };
}

describe("cancelling", () => {
  test("by abort reaches the server at once and ends with CANCELLED", async () => {
    await using server = await startHalfAnswer();
    await using transport = connect(server.target);
    const abort = new AbortController();
    const error = await failure(
      (async () => {
        for await (const _ of transport.streamAudio(question, abort.signal)) abort.abort();
      })(),
    );
    await server.cancelled;
    expect(error.code).toBe("CANCELLED");
  });

  test("by leaving the loop reaches the server", async () => {
    await using server = await startHalfAnswer();
    await using transport = connect(server.target);
    for await (const event of transport.streamAudio(question, never)) {
      expect(event.type).toBe("text");
      break;
    }
    await server.cancelled;
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
    await using server = await startHalfAnswer();
    const transport = connect(server.target);
    const error = await failure(
      (async () => {
        for await (const _ of transport.streamAudio(question, never)) await transport[Symbol.asyncDispose]();
      })(),
    );
    expect(error.code).toBe("CANCELLED");
  });
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
