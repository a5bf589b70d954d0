import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { FILE_TEXT_MAX_CHARS, PROMPT_MAX_CHARS, SCREENSHOT_MAX_BYTES } from "#contract/limits.ts";
import { faults, say, stream } from "#tests/doubles/openai-script.ts";
import { statusName, wireCases, wireText } from "#tests/doubles/wire-client.ts";
import { asked, openStreamingStage, reasonOf, type StreamingStage } from "./streaming-stage.ts";

// What goes wrong with an answer, as a foreign gRPC client sees it.

let stage: StreamingStage;

beforeAll(async () => {
  stage = await openStreamingStage();
});
afterEach(() => stage.reset());
afterAll(() => stage[Symbol.asyncDispose]());

const textFile = (text: string) => ({ name: "a.txt", mediaType: "text/plain", text });

describe("failures", () => {
  test("a model that breaks half way: what was said, one error_message, then UNAVAILABLE", async () => {
    stage.model.script(faults.failedHalfWay);
    const call = stage.client.stream(asked("Break"));
    const status = await call.status;
    expect(statusName(status.code)).toBe("UNAVAILABLE");
    expect(reasonOf(status).reason).toBe("MODEL_FAILED");
    expect(wireText(call.messages)).toBe("Half ");
    expect(wireCases(call.messages).slice(-2)).toEqual(["textChunk", "errorMessage"]);
    // grpc-js leaves reserved characters of the percent-encoded grpc-message as they came.
    expect(call.messages.at(-1)?.content.value).toBe(decodeURIComponent(status.details));
  });

  test("a model that says nothing", async () => {
    stage.model.script(stream());
    const call = stage.client.stream(asked("Silence"));
    expect(reasonOf(await call.status).reason).toBe("MODEL_FAILED");
    expect(wireCases(call.messages).at(-1)).toBe("errorMessage");
  });

  test("no token", async () => {
    using stranger = stage.connect("stranger");
    expect(statusName((await stranger.stream(asked("Hi")).status).code)).toBe("UNAUTHENTICATED");
    await expect(stranger.interrupt("mac")).rejects.toMatchObject({ code: 16 });
    expect(statusName((await stranger.welcome({ text: "Hi" }).status).code)).toBe("UNAUTHENTICATED");
    await expect(stranger.reportUsage({ hardwareId: "mac" })).rejects.toMatchObject({ code: 16 });
  });

  test.each(["", "   ", "unknown", "UnKnOwN", "x".repeat(300)])("hardware id %j", async (hardwareId) => {
    expect(await stage.refused({ ...asked("Hi"), hardwareId })).toMatchObject({
      cases: ["errorMessage"],
      status: "INVALID_ARGUMENT",
      reason: "HARDWARE_ID_INVALID",
      field: "hardware_id",
      text: expect.stringContaining("hardware_id is required"),
    });
  });

  test.each([
    ["an empty prompt", { prompt: "" }, "PROMPT_EMPTY", "prompt"],
    ["a blank prompt", { prompt: " \n\t" }, "PROMPT_EMPTY", "prompt"],
    ["a prompt over the limit", { prompt: "x".repeat(PROMPT_MAX_CHARS + 1) }, "PROMPT_TOO_LONG", "prompt"],
    ["an empty greeting", { prompt: "__GREETING__: " }, "PROMPT_EMPTY", "prompt"],
    ["a message id that is no UUID", { clientMessageId: "1" }, "INVALID_REQUEST", "client_message_id"],
    ["an empty message id", { clientMessageId: "" }, "INVALID_REQUEST", "client_message_id"],
    ["a chat key that is no UUID", { chatKey: "new" }, "INVALID_REQUEST", "chat_key"],
    ["a huge session id", { sessionId: "s".repeat(10_000) }, "INVALID_REQUEST", "session_id"],
    ["a screenshot that is no base64", { screenshot: "%%%" }, "SCREENSHOT_INVALID", "screenshot"],
    [
      "a screenshot that is a GIF",
      { screenshot: Buffer.from("GIF89a......").toString("base64") },
      "SCREENSHOT_INVALID",
      "screenshot",
    ],
    [
      "a cut-off screenshot",
      { screenshot: Buffer.from("\x89PNG\r\n\x1A\n12345678", "latin1").toString("base64") },
      "SCREENSHOT_INVALID",
      "screenshot",
    ],
    [
      "a screenshot over 8 MiB",
      { screenshot: "A".repeat(SCREENSHOT_MAX_BYTES * 1.4) },
      "SCREENSHOT_TOO_LARGE",
      "screenshot",
    ],
    ["11 files", { files: Array.from({ length: 11 }, () => textFile("x")) }, "FILES_TOO_MANY", "files"],
    ["a file without text", { files: [textFile("")] }, "FILE_EMPTY", "files"],
    [
      "a file over the limit",
      { files: [textFile("x".repeat(FILE_TEXT_MAX_CHARS + 1))] },
      "FILE_TOO_LARGE",
      "files",
    ],
  ])("%s", async (_, change, reason, field) => {
    expect(await stage.refused({ ...asked("Hi"), ...change })).toMatchObject({
      cases: ["errorMessage"],
      status: "INVALID_ARGUMENT",
      reason,
      field,
    });
  });

  test.each([randomUUID(), "../../etc/passwd", "' or 1=1 --", "\u0000"])(
    "an unknown chat %j",
    async (chatId) => {
      expect(await stage.refused({ ...asked("Hi"), chatId })).toMatchObject({
        status: "NOT_FOUND",
        reason: "CHAT_NOT_FOUND",
      });
    },
  );

  test("odd but possible input is answered: NUL, lone marks, a locale nobody knows, sizes without a picture", async () => {
    stage.model.script(stream(say("Fine \u0000 ok.")));
    const call = stage.client.stream({
      ...asked("a\u0000b \u202E\u{1F600}"),
      locale: "C.UTF-8",
      screenshot: "",
      screenWidth: -1,
      chunkSeq: -5,
    });
    expect(statusName((await call.status).code)).toBe("OK");
    expect(stage.model.requests.at(-1)?.prompt).toBe("a\uFFFDb \u202E\u{1F600}");
  });
});
