import { Metadata, status } from "@grpc/grpc-js";
import { describe, expect, test } from "vitest";
import type { ChatEvent } from "#contract/chat-event.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { collect, connect, failure, never, question } from "../testing/grpc-transport-kit.ts";
import {
  errorTrailers,
  response,
  startStreamingServer,
  type StreamCallContext,
} from "../testing/streaming-server.ts";

async function failureOf(streamAudio: (call: StreamCallContext) => void): Promise<PipitError> {
  await using server = await startStreamingServer({ streamAudio });
  await using transport = connect(server.target);
  return await failure(collect(transport.streamAudio(question, never)));
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
