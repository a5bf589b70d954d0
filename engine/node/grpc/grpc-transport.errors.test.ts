import { Metadata, status } from "@grpc/grpc-js";
import { describe, expect, test } from "vitest";
import type { ChatEvent } from "#contract/chat-event.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { createFakeSession } from "#engine/testing/fake-session.ts";
import { collect } from "#tests/doubles/collect.ts";
import { failure } from "#tests/doubles/failure.ts";
import { connect, never, question } from "../testing/grpc-transport-kit.ts";
import {
  errorTrailers,
  response,
  startStreamingServer,
  type StreamCallContext,
} from "../testing/streaming-server.ts";

async function failureOf(streamAudio: (call: StreamCallContext) => void): Promise<PipitError> {
  await using server = await startStreamingServer({ streamAudio });
  using wire = connect(server.target);
  return await failure(collect(wire.ask(question, never)));
}

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
      errorTrailers("STORAGE_FULL", "plan limit", { domain: "else.where" }),
      errorTrailers("NO_SUCH_REASON", "plan limit"),
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
    [status.UNAUTHENTICATED, "SIGNED_OUT"],
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
    using wire = connect(server.target);
    const seen: ChatEvent[] = [];
    const error = await failure(
      (async () => {
        for await (const event of wire.ask(question, never)) seen.push(event);
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
    using wire = connect(server.target);
    const error = await failure(
      (async () => {
        for await (const _ of wire.ask(question, never)) server.kill();
      })(),
    );
    expect(error.code).toBe("SERVER_UNREACHABLE");
    expect(error.retryable).toBe(true);
  });

  test("of a server that is not there is SERVER_UNREACHABLE and names the cure", async () => {
    const gone = await startStreamingServer({});
    await gone[Symbol.asyncDispose]();
    using wire = connect(gone.target);
    const error = await failure(collect(wire.ask(question, never)));
    expect(error.code).toBe("SERVER_UNREACHABLE");
    expect(error.message).toContain(gone.target);
    expect(error.message).toContain("pipit serve");
  });

  test("for a message over the limit is final, and nothing is sent", async () => {
    await using server = await startStreamingServer({});
    using wire = connect(server.target);
    const error = await failure(
      collect(wire.ask({ ...question, prompt: "x".repeat(17 * 1024 * 1024) }, never)),
    );
    expect(error).toMatchObject({ code: "INVALID_REQUEST", retryable: false });
  });

  test("that refuses the sign-in is answered by one renewal and one repeat, and the question is told so", async () => {
    const seen: unknown[] = [];
    await using server = await startStreamingServer({
      streamAudio(call) {
        const [bearer] = call.metadata.get("authorization");
        seen.push(bearer);
        if (bearer === "Bearer token-1") call.emit("error", { code: status.UNAUTHENTICATED, details: "old" });
        else {
          call.write(response({ case: "endMessage", value: "done" }));
          call.end();
        }
      },
    });
    using wire = connect(server.target);
    const told: unknown[] = [];
    const events = wire.ask(question, never, (attachment) => told.push(attachment?.token));
    expect(await collect(events)).toEqual([{ type: "end" }]);
    expect(seen).toEqual(["Bearer token-1", "Bearer token-2"]);
    expect(told).toEqual(["token-1", undefined, "token-2"]);
  });

  test("that refuses the sign-in in the middle of an answer breaks it off, to be asked for again", async () => {
    const error = await failureOf((call) => {
      call.write(response({ case: "textChunk", value: "one" }));
      call.emit("error", { code: status.UNAUTHENTICATED, details: "over" });
    });
    expect(error).toMatchObject({ code: "SERVER_UNREACHABLE", retryable: true });
  });

  test("of whoever listens to the sign-in stops the call before it leaves", async () => {
    let calls = 0;
    await using server = await startStreamingServer({ streamAudio: () => void (calls += 1) });
    using wire = connect(server.target);
    const other = new PipitError("SIGNED_OUT", "Another account's.");
    const stopped = wire.ask(question, never, () => {
      throw other;
    });
    expect(await failure(collect(stopped))).toBe(other);
    expect(calls).toBe(0);
  });

  test("of the token source is thrown as it is, and the call never starts", async () => {
    let calls = 0;
    await using server = await startStreamingServer({ streamAudio: () => void (calls += 1) });
    const signedOut = new PipitError("SIGNED_OUT", "Sign in first.");
    const session = createFakeSession("ann");
    session.failWith(signedOut);
    using wire = connect(server.target, { credentials: session });
    expect(await failure(collect(wire.ask(question, never)))).toBe(signedOut);
    expect(calls).toBe(0);
  });
});
