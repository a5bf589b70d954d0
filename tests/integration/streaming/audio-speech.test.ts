import { randomUUID } from "node:crypto";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { RequestPhase } from "#proto/streaming_pb.ts";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { statusName, wireCases, wireText } from "#tests/doubles/wire-client.ts";
import { asked, openStreamingStage, reasonOf, type StreamingStage } from "./streaming-stage.ts";

// Dictation, greetings, welcome audio and usage reports, as a foreign gRPC client sees them.

let stage: StreamingStage;

beforeAll(async () => {
  stage = await openStreamingStage();
});
afterEach(() => stage.reset());
afterAll(() => stage[Symbol.asyncDispose]());

describe("a dictated prompt", () => {
  const piece = (session: string, chunkSeq: number, chunkText: string) =>
    stage.client.stream({
      hardwareId: "mac",
      sessionId: session,
      phase: RequestPhase.COLLECT,
      chunkSeq,
      chunkText,
    });

  test("is collected, each piece answered by one COLLECT_ACCEPTED, and answered on COMMIT with its picture", async () => {
    stage.model.script(stream(say("Paris.")));
    const index = stage.model.requests.length;
    const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    const first = stage.client.stream({
      hardwareId: "mac",
      sessionId: "d-1",
      phase: RequestPhase.COLLECT,
      chunkSeq: 1,
      chunkText: "what is the",
      screenshot: png.toString("base64"),
    });
    expect(statusName((await first.status).code)).toBe("OK");
    expect(first.messages.map(({ content }) => content)).toEqual([
      { case: "endMessage", value: "COLLECT_ACCEPTED" },
    ]);
    await piece("d-1", 2, "the capital of").status;
    await piece("d-1", 1, "ignored").status;
    expect(stage.model.requests).toHaveLength(index);
    const call = stage.client.stream({
      hardwareId: "mac",
      sessionId: "d-1",
      phase: RequestPhase.COMMIT,
      chunkText: "of France",
    });
    expect(statusName((await call.status).code)).toBe("OK");
    expect(stage.model.requests[index]?.prompt).toBe("what is the capital of France");
    expect(stage.model.requests[index]?.images).toHaveLength(1);
    expect(wireCases(call.messages).at(-1)).toBe("endMessage");
  });

  test("belongs to its session; a COMMIT of nothing is PROMPT_EMPTY", async () => {
    await piece("d-2", 1, "mine").status;
    expect(
      await stage.refused({ hardwareId: "mac", sessionId: "d-3", phase: RequestPhase.COMMIT }),
    ).toMatchObject({
      reason: "PROMPT_EMPTY",
    });
  });

  test("can be committed again under the same message id when the connection was lost", async () => {
    stage.model.script(stream(say("Once.")));
    const index = stage.model.requests.length;
    await piece("d-4", 1, "just once").status;
    const commit = {
      hardwareId: "mac",
      sessionId: "d-4",
      phase: RequestPhase.COMMIT,
      clientMessageId: randomUUID(),
    };
    await stage.client.stream(commit).status;
    const again = stage.client.stream(commit);
    expect(statusName((await again.status).code)).toBe("OK");
    expect(wireText(again.messages)).toBe("Once.");
    expect(stage.model.requests).toHaveLength(index + 1);
  });

  test("a broken picture is refused at once", async () => {
    expect(
      await stage.refused({
        hardwareId: "mac",
        phase: RequestPhase.COLLECT,
        chunkText: "look",
        screenshot: "%%%",
      }),
    ).toMatchObject({ reason: "SCREENSHOT_INVALID" });
  });
});

describe("a greeting", () => {
  test("is spoken without asking the model, and ends with greeting_done", async () => {
    const index = stage.model.requests.length;
    const call = stage.client.stream({ prompt: "__GREETING__:Привет, Анна!", hardwareId: "mac" });
    expect(statusName((await call.status).code)).toBe("OK");
    expect(wireCases(call.messages)).toEqual(["audioChunk", "endMessage"]);
    expect(call.messages.at(-1)?.content.value).toBe("greeting_done");
    expect(stage.speech.runs).toMatchObject([{ text: "Привет, Анна!", options: { locale: "ru" } }]);
    expect(stage.model.requests).toHaveLength(index);
  });

  test("without a voice its text is the payload", async () => {
    stage.speech.notice = { type: "notice", code: "NO_VOICE", text: "No voice." };
    const legacy = stage.client.stream({ prompt: "__GREETING__:Hi!", hardwareId: "mac" });
    await legacy.status;
    expect(wireCases(legacy.messages)).toEqual(["textChunk", "endMessage"]);
    const ours = stage.client.stream({ ...asked("__GREETING__:Hi!"), speak: true });
    await ours.status;
    expect(wireCases(ours.messages)).toEqual(["notice", "textChunk", "endMessage"]);
  });

  test("falls back to text when the voice breaks before the first sound", async () => {
    stage.speech.gate = Promise.reject(new Error("device gone"));
    stage.speech.gate.catch(() => undefined);
    const call = stage.client.stream({ prompt: "__GREETING__:Hi!", hardwareId: "mac" });
    expect(statusName((await call.status).code)).toBe("OK");
    expect(wireCases(call.messages)).toEqual(["textChunk", "endMessage"]);
    stage.speech.gate = Promise.resolve();
  });

  test("InterruptSession stops it", async () => {
    const held = Promise.withResolvers<void>();
    stage.speech.gate = held.promise;
    const call = stage.client.stream({ prompt: "__GREETING__:Hi!", hardwareId: "mac", sessionId: "g-1" });
    await expect.poll(() => stage.speech.runs.length, { interval: 5 }).toBe(1);
    expect(await stage.client.interrupt("mac")).toMatchObject({
      success: true,
      interruptedSessions: ["g-1"],
    });
    expect(statusName((await call.status).code)).toBe("CANCELLED");
    expect(stage.speech.runs[0]?.signal.aborted).toBe(true);
    held.resolve();
    stage.speech.gate = Promise.resolve();
  });
});

describe("GenerateWelcomeAudio", () => {
  test("sends metadata with the true length, then audio, then the end", async () => {
    const call = stage.client.welcome({ text: "Welcome back", language: "en", voice: "any" });
    expect(statusName((await call.status).code)).toBe("OK");
    expect(wireCases(call.messages)).toEqual(["metadata", "audioChunk", "endMessage"]);
    expect(call.messages[0]?.content.value).toMatchObject({
      method: "echo",
      durationSec: "Welcome back".length / 96_000,
      sampleRate: 48_000,
      channels: 1,
      dtype: "int16",
    });
    expect(stage.speech.runs[0]?.options).toEqual({ locale: "en", voice: "any" });
  });

  test("without a voice for the language: VOICE_MISSING, UNAVAILABLE, with the cure", async () => {
    stage.speech.notice = { type: "notice", code: "NO_VOICE", text: "No voice." };
    const call = stage.client.welcome({ text: "Sveiki", language: "lv" });
    const status = await call.status;
    expect(statusName(status.code)).toBe("UNAVAILABLE");
    expect(reasonOf(status)).toEqual({ reason: "VOICE_MISSING", field: "language" });
    expect(status.details).toContain("espeak-ng");
    expect(wireCases(call.messages)).toEqual(["errorMessage"]);
  });

  test.each([
    ["", "PROMPT_EMPTY"],
    ["x".repeat(601), "PROMPT_TOO_LONG"],
  ])("refuses a text that cannot be a welcome", async (text, reason) => {
    expect(reasonOf(await stage.client.welcome({ text }).status).reason).toBe(reason);
  });
});

describe("ReportUsage", () => {
  test("keeps the report; refusals stay in the answer", async () => {
    const report = {
      hardwareId: "mac",
      sessionId: "s",
      source: "chat",
      inputTokens: 3,
      outputTokens: 4,
      model: "m",
    };
    expect(await stage.client.reportUsage(report)).toMatchObject({
      success: true,
      message: "Usage recorded",
    });
    expect(await stage.client.reportUsage({ ...report, hardwareId: " " })).toMatchObject({
      success: false,
      message: "hardware_id required",
    });
    expect(await stage.client.reportUsage({ ...report, inputTokens: -1 })).toMatchObject({ success: false });
  });
});
