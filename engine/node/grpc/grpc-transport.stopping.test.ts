import { create } from "@bufbuild/protobuf";
import { createClient, type CallOptions } from "@connectrpc/connect";
import { status } from "@grpc/grpc-js";
import { describe, expect, test } from "vitest";
import type { Attachment } from "#engine/ports.ts";
import { createFakeSession } from "#engine/testing/fake-session.ts";
import { InterruptResponseSchema, StreamingService } from "#proto/streaming_pb.ts";
import { collect } from "#tests/doubles/collect.ts";
import { failure } from "#tests/doubles/failure.ts";
import { connect, never, question, type Wire } from "../testing/grpc-transport-kit.ts";
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
    using wire = connect(server.target);
    const abort = new AbortController();
    const error = await failure(
      (async () => {
        for await (const _ of wire.ask(question, abort.signal)) abort.abort();
      })(),
    );
    await server.cancelled;
    expect(error.code).toBe("CANCELLED");
  });

  test("by leaving the loop reaches the server", async () => {
    await using server = await startHalfAnswer();
    using wire = connect(server.target);
    for await (const event of wire.ask(question, never)) {
      expect(event.type).toBe("text");
      break;
    }
    await server.cancelled;
  });

  test("while the token is awaited never starts the call", async () => {
    let calls = 0;
    await using server = await startStreamingServer({ streamAudio: () => void (calls += 1) });
    const asked = Promise.withResolvers<void>();
    const token = Promise.withResolvers<Attachment>();
    const attach = () => {
      asked.resolve();
      return token.promise;
    };
    using wire = connect(server.target, { credentials: { ...createFakeSession("ann"), attach } });
    const abort = new AbortController();
    const ending = failure(collect(wire.ask(question, abort.signal)));
    await asked.promise;
    abort.abort();
    expect((await ending).code).toBe("CANCELLED");
    token.resolve({ accountId: "ann" });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(calls).toBe(0);
  });

  test("before the start does nothing at all", async () => {
    using wire = connect("127.0.0.1:9");
    expect((await failure(collect(wire.ask(question, AbortSignal.abort())))).code).toBe("CANCELLED");
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
    using wire = connect(server.target);
    for await (const event of wire.ask(question, never)) if (event.type === "end") break;
    expect(await outcome.promise).toBe("finished");
  });

  test("happens to a stream that the server leaves open after the end", async () => {
    const cancelled = Promise.withResolvers<number>();
    await using server = await startStreamingServer({
      streamAudio(call) {
        const endedAtMs = performance.now();
        call.on("cancelled", () => cancelled.resolve(performance.now() - endedAtMs));
        call.write(response({ case: "endMessage", value: "done" }));
      },
    });
    using wire = connect(server.target);
    expect(await collect(wire.ask(question, never))).toEqual([{ type: "end" }]);
    expect(await cancelled.promise).toBeGreaterThan(1_500);
  });

  test("happens to running calls when the transport is disposed", async () => {
    await using server = await startHalfAnswer();
    const wire = connect(server.target);
    const error = await failure(
      (async () => {
        for await (const _ of wire.ask(question, never)) wire[Symbol.dispose]();
      })(),
    );
    // No person cancelled it: the connection was given up, and the message must be asked again.
    expect(error.code).toBe("SERVER_UNREACHABLE");
  });
});

describe("a unary call of a typed client", () => {
  const interrupt = (wire: Wire, options?: CallOptions) =>
    createClient(StreamingService, wire.transport).interruptSession({ hardwareId: "hw" }, options);

  test("gives the answer", async () => {
    await using server = await startStreamingServer({
      interruptSession: (call, callback) =>
        callback(
          null,
          create(InterruptResponseSchema, { success: true, interruptedSessions: [call.request.hardwareId] }),
        ),
    });
    using wire = connect(server.target);
    expect((await interrupt(wire)).interruptedSessions).toEqual(["hw"]);
  });

  test("throws statuses, a missing sign-in, its deadline and aborts as a stream does", async () => {
    await using server = await startStreamingServer({
      interruptSession: (_, callback) => callback({ code: status.UNAVAILABLE, details: "no" }),
    });
    using wire = connect(server.target);
    expect((await failure(interrupt(wire))).code).toBe("SERVER_UNREACHABLE");
    expect((await failure(interrupt(wire, { signal: AbortSignal.abort() }))).code).toBe("CANCELLED");
    using tokenless = connect(server.target, { credentials: createFakeSession() });
    expect((await failure(interrupt(tokenless))).code).toBe("SIGNED_OUT");
    await using silent = await startStreamingServer({ interruptSession: () => undefined });
    using waiting = connect(silent.target);
    expect((await failure(interrupt(waiting, { timeoutMs: 50 }))).code).toBe("DEADLINE_EXCEEDED");
  });
});
