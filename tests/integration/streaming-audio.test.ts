import { randomUUID } from "node:crypto";
import { fromBinary } from "@bufbuild/protobuf";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { PROMPT_MAX_CHARS, SCREENSHOT_MAX_BYTES } from "#contract/limits.ts";
import { ErrorInfoSchema } from "#proto/google/rpc/error_details_pb.ts";
import { StatusSchema } from "#proto/google/rpc/status_pb.ts";
import { RequestPhase, type StreamResponse, ToolEvent_State } from "#proto/streaming_pb.ts";
import { EchoSpeech } from "#tests/doubles/echo-speech.ts";
import { callTool, faults, gate, say, stream } from "#tests/doubles/openai-script.ts";
import { type OpenAiDouble, startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { type CallStatus, statusName, WireClient, wireCases, wireText } from "#tests/doubles/wire-client.ts";
import { startTestServer, type TestServer } from "./start-test-server.ts";

// The streaming service as a foreign gRPC client sees it: the real server, a model behind real HTTP, grpc-js.

let model: OpenAiDouble;
let server: TestServer;
let speech: EchoSpeech;
let client: WireClient;

beforeAll(async () => {
  model = await startOpenAiDouble(stream(say("Hello.")));
  speech = new EchoSpeech();
  server = await startTestServer({
    config: { model: { url: model.url, model: "double", ollamaUrl: "http://127.0.0.1:9" } },
    deps: { speech },
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});
beforeEach(() => {
  client = new WireClient(server.grpcUrl, server.accessToken);
  speech.runs.length = 0;
  speech.notice = undefined;
  speech.failure = undefined;
});
afterEach(() => client[Symbol.dispose]());

const asked = (prompt: string) => ({
  prompt,
  hardwareId: "mac",
  clientMessageId: randomUUID(),
  speak: false,
});
const hasText = (text: string) => (messages: readonly StreamResponse[]) => wireText(messages).includes(text);

/** Our error code, from the ErrorInfo in the status details. */
function reasonOf(status: CallStatus): { reason: string; field: string | undefined } {
  const [bytes] = status.metadata.get("grpc-status-details-bin");
  const detail = fromBinary(StatusSchema, bytes as Buffer).details[0];
  const info = fromBinary(ErrorInfoSchema, detail?.value ?? new Uint8Array());
  expect(info.domain).toBe("pipit");
  return { reason: info.reason, field: info.metadata["field"] };
}

async function refused(request: Parameters<WireClient["stream"]>[0]) {
  const before = model.requests.length;
  const call = client.stream(request);
  const status = await call.status;
  expect(model.requests).toHaveLength(before);
  return {
    cases: wireCases(call.messages),
    status: statusName(status.code),
    text: status.details,
    ...reasonOf(status),
  };
}

describe("an answer", () => {
  test("streams token by token while the model still speaks, and closes right after end_message", async () => {
    const held = gate();
    model.script(stream(say("One ", "two "), held.step, say("three.")));
    const call = client.stream(asked("Count to three"));
    await call.until(hasText("One two "));
    expect(wireText(call.messages)).toBe("One two ");
    held.open();
    expect(statusName((await call.status).code)).toBe("OK");
    expect(wireCases(call.messages)).toEqual([
      "turn",
      "title",
      "textChunk",
      "textChunk",
      "textChunk",
      "usage",
      "endMessage",
    ]);
    expect(call.messages.at(-1)?.content.value).toBe("done");
    expect(call.messages[1]?.content.value).toBe("Count to three");
  });

  test("speaks by default, in the audio format of the contract", async () => {
    model.script(stream(say("Spoken.")));
    const call = client.stream({ ...asked("Speak"), speak: undefined });
    await call.status;
    const audio = call.messages.filter(({ content }) => content.case === "audioChunk");
    expect(audio.map(({ content }) => content.value)).toMatchObject([
      { dtype: "int16", shape: [], sampleRate: 48_000, channels: 1, audioData: Buffer.from("Spoken.") },
    ]);
    expect(wireCases(call.messages).slice(-1)).toEqual(["endMessage"]);
  });

  test("shows tool calls of the model, and the earlier turns reach it", async () => {
    model.script([stream(callTool("current_time", {})), stream(say("It is noon."))]);
    const first = client.stream(asked("What time is it?"));
    expect(statusName((await first.status).code)).toBe("OK");
    const states = first.messages.flatMap(({ content }) =>
      content.case === "toolEvent" ? [content.value.state] : [],
    );
    expect(states).toEqual([ToolEvent_State.STARTED, ToolEvent_State.DONE]);
    const turn = first.messages.find(({ content }) => content.case === "turn")?.content.value as {
      chatId: string;
    };
    model.script(stream(say("As I said.")));
    const index = model.requests.length;
    await client.stream({ ...asked("Again?"), chatId: turn.chatId }).status;
    const messages = model.requests[index]?.messages ?? [];
    expect(messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user"]);
    expect(messages[2]?.content).toBe("It is noon.");
  });

  test("a picture reaches the model as a scaled JPEG, whatever the client called it", async () => {
    model.script(stream(say("I see.")));
    const webp = await sharp({ create: { width: 3_000, height: 1_500, channels: 3, background: "navy" } })
      .webp()
      .toBuffer();
    const index = model.requests.length;
    await client.stream({ ...asked("What is this?"), screenshot: webp.toString("base64") }).status;
    const image = model.requests[index]?.images[0];
    expect(await sharp(image).metadata()).toMatchObject({ format: "jpeg", width: 1568, height: 784 });
  });

  test("an original client, without client_message_id, sees no field of ours and no end without a payload", async () => {
    model.script([stream(callTool("current_time", {})), stream(say("Noon."))]);
    const call = client.stream({ prompt: "Time?", hardwareId: "mac", screenshot: "" });
    expect(statusName((await call.status).code)).toBe("OK");
    expect(new Set(wireCases(call.messages))).toEqual(new Set(["textChunk", "audioChunk", "endMessage"]));
    expect(wireText(call.messages)).toBe("Noon.");
  });
});

describe("the same client_message_id", () => {
  test("twice at once asks the model once; a third time it is replayed", async () => {
    const held = gate();
    model.script(stream(say("Only "), held.step, say("once.")));
    const index = model.requests.length;
    const request = asked("How often?");
    const [one, two] = [client.stream(request), client.stream(request)];
    await Promise.all([one, two].map((call) => call.until(hasText("Only "))));
    held.open();
    await Promise.all([one.status, two.status]);
    expect([wireText(one.messages), wireText(two.messages)]).toEqual(["Only once.", "Only once."]);
    const again = client.stream(request);
    await again.status;
    expect(wireText(again.messages)).toBe("Only once.");
    expect(again.messages[0]?.content.value).toMatchObject({ replayed: true });
    expect(one.messages[0]?.content.value).toMatchObject({ replayed: false });
    expect(model.requests).toHaveLength(index + 1);
  });

  test("joins the running answer after the first client has dropped out", async () => {
    const held = gate();
    model.script(stream(say("Stay "), held.step, say("here.")));
    const index = model.requests.length;
    const request = asked("Hold on");
    const first = client.stream(request);
    await first.until(hasText("Stay "));
    using other = new WireClient(server.grpcUrl, server.accessToken);
    const second = other.stream(request);
    await second.until(hasText("Stay "));
    first.cancel();
    expect(statusName((await first.status).code)).toBe("CANCELLED");
    held.open();
    expect(statusName((await second.status).code)).toBe("OK");
    expect(wireText(second.messages)).toBe("Stay here.");
    expect(model.requests).toHaveLength(index + 1);
    expect(await model.requests[index]?.over).toBe("complete");
  });
});

describe("stopping", () => {
  test("cancelling the call stops the request to the model within 100 ms", async () => {
    model.script(faults.hangHalfWay);
    const index = model.requests.length;
    const call = client.stream(asked("Never mind"));
    await call.until(hasText("Half "));
    const started = performance.now();
    call.cancel();
    expect(await model.requests[index]?.over).toBe("aborted");
    expect(performance.now() - started).toBeLessThan(100);
  });

  test("InterruptSession from another channel does the same and names the session", async () => {
    model.script(faults.hangHalfWay);
    const index = model.requests.length;
    const call = client.stream({ ...asked("Stop me"), sessionId: "s-1" });
    await call.until(hasText("Half "));
    using other = new WireClient(server.grpcUrl, server.accessToken);
    const started = performance.now();
    expect(await other.interrupt("mac")).toMatchObject({ success: true, interruptedSessions: ["s-1"] });
    expect(await model.requests[index]?.over).toBe("aborted");
    expect(performance.now() - started).toBeLessThan(100);
    const status = await call.status;
    expect(statusName(status.code)).toBe("CANCELLED");
    expect(wireCases(call.messages).at(-1)).toBe("errorMessage");
  });

  test("idle is success with an empty list, a bad id is not", async () => {
    expect(await client.interrupt("mac")).toMatchObject({ success: true, interruptedSessions: [] });
    for (const id of ["", "  ", "UNKNOWN"]) {
      expect(await client.interrupt(id)).toMatchObject({ success: false, interruptedSessions: [] });
    }
  });
});

describe("failures", () => {
  test("a model that breaks half way: what was said, one error_message, then UNAVAILABLE", async () => {
    model.script(faults.failedHalfWay);
    const call = client.stream(asked("Break"));
    const status = await call.status;
    expect(statusName(status.code)).toBe("UNAVAILABLE");
    expect(reasonOf(status).reason).toBe("MODEL_FAILED");
    expect(wireText(call.messages)).toBe("Half ");
    expect(wireCases(call.messages).slice(-2)).toEqual(["textChunk", "errorMessage"]);
    // grpc-js leaves reserved characters of the percent-encoded grpc-message as they came.
    expect(call.messages.at(-1)?.content.value).toBe(decodeURIComponent(status.details));
  });

  test("a model that says nothing", async () => {
    model.script(stream());
    const call = client.stream(asked("Silence"));
    expect(reasonOf(await call.status).reason).toBe("MODEL_FAILED");
    expect(wireCases(call.messages).at(-1)).toBe("errorMessage");
  });

  test("no token", async () => {
    using stranger = new WireClient(server.grpcUrl, undefined);
    expect(statusName((await stranger.stream(asked("Hi")).status).code)).toBe("UNAUTHENTICATED");
    await expect(stranger.interrupt("mac")).rejects.toMatchObject({ code: 16 });
    expect(statusName((await stranger.welcome({ text: "Hi" }).status).code)).toBe("UNAUTHENTICATED");
    await expect(stranger.reportUsage({ hardwareId: "mac" })).rejects.toMatchObject({ code: 16 });
  });

  test.each(["", "   ", "unknown", "UnKnOwN", "x".repeat(300)])("hardware id %j", async (hardwareId) => {
    expect(await refused({ ...asked("Hi"), hardwareId })).toMatchObject({
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
  ])("%s", async (_, change, reason, field) => {
    expect(await refused({ ...asked("Hi"), ...change })).toMatchObject({
      cases: ["errorMessage"],
      status: "INVALID_ARGUMENT",
      reason,
      field,
    });
  });

  test.each([randomUUID(), "../../etc/passwd", "' or 1=1 --", "\u0000"])(
    "an unknown chat %j",
    async (chatId) => {
      expect(await refused({ ...asked("Hi"), chatId })).toMatchObject({
        status: "NOT_FOUND",
        reason: "CHAT_NOT_FOUND",
      });
    },
  );

  test("odd but possible input is answered: NUL, lone marks, a locale nobody knows, sizes without a picture", async () => {
    model.script(stream(say("Fine \u0000 ok.")));
    const call = client.stream({
      ...asked("a\u0000b \u202E\u{1F600}"),
      locale: "C.UTF-8",
      screenshot: "",
      screenWidth: -1,
      chunkSeq: -5,
    });
    expect(statusName((await call.status).code)).toBe("OK");
    expect(model.requests.at(-1)?.prompt).toBe("a\uFFFDb \u202E\u{1F600}");
  });
});

describe("a dictated prompt", () => {
  const piece = (session: string, chunkSeq: number, chunkText: string) =>
    client.stream({
      hardwareId: "mac",
      sessionId: session,
      phase: RequestPhase.COLLECT,
      chunkSeq,
      chunkText,
    });

  test("is collected, each piece answered by one COLLECT_ACCEPTED, and answered on COMMIT with its picture", async () => {
    model.script(stream(say("Paris.")));
    const index = model.requests.length;
    const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    const first = client.stream({
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
    expect(model.requests).toHaveLength(index);
    const call = client.stream({
      hardwareId: "mac",
      sessionId: "d-1",
      phase: RequestPhase.COMMIT,
      chunkText: "of France",
    });
    expect(statusName((await call.status).code)).toBe("OK");
    expect(model.requests[index]?.prompt).toBe("what is the capital of France");
    expect(model.requests[index]?.images).toHaveLength(1);
    expect(wireCases(call.messages).at(-1)).toBe("endMessage");
  });

  test("belongs to its session; a COMMIT of nothing is PROMPT_EMPTY", async () => {
    await piece("d-2", 1, "mine").status;
    expect(await refused({ hardwareId: "mac", sessionId: "d-3", phase: RequestPhase.COMMIT })).toMatchObject({
      reason: "PROMPT_EMPTY",
    });
  });

  test("can be committed again under the same message id when the connection was lost", async () => {
    model.script(stream(say("Once.")));
    const index = model.requests.length;
    await piece("d-4", 1, "just once").status;
    const commit = {
      hardwareId: "mac",
      sessionId: "d-4",
      phase: RequestPhase.COMMIT,
      clientMessageId: randomUUID(),
    };
    await client.stream(commit).status;
    const again = client.stream(commit);
    expect(statusName((await again.status).code)).toBe("OK");
    expect(wireText(again.messages)).toBe("Once.");
    expect(model.requests).toHaveLength(index + 1);
  });

  test("a broken picture is refused at once", async () => {
    expect(
      await refused({ hardwareId: "mac", phase: RequestPhase.COLLECT, chunkText: "look", screenshot: "%%%" }),
    ).toMatchObject({ reason: "SCREENSHOT_INVALID" });
  });
});

describe("a greeting", () => {
  test("is spoken without asking the model, and ends with greeting_done", async () => {
    const index = model.requests.length;
    const call = client.stream({ prompt: "__GREETING__:Привет, Анна!", hardwareId: "mac" });
    expect(statusName((await call.status).code)).toBe("OK");
    expect(wireCases(call.messages)).toEqual(["audioChunk", "endMessage"]);
    expect(call.messages.at(-1)?.content.value).toBe("greeting_done");
    expect(speech.runs).toMatchObject([{ text: "Привет, Анна!", options: { locale: "ru" } }]);
    expect(model.requests).toHaveLength(index);
  });

  test("without a voice its text is the payload", async () => {
    speech.notice = { type: "notice", code: "NO_VOICE", text: "No voice." };
    const legacy = client.stream({ prompt: "__GREETING__:Hi!", hardwareId: "mac" });
    await legacy.status;
    expect(wireCases(legacy.messages)).toEqual(["textChunk", "endMessage"]);
    const ours = client.stream({ ...asked("__GREETING__:Hi!"), speak: true });
    await ours.status;
    expect(wireCases(ours.messages)).toEqual(["notice", "textChunk", "endMessage"]);
  });

  test("falls back to text when the voice breaks before the first sound", async () => {
    speech.gate = Promise.reject(new Error("device gone"));
    speech.gate.catch(() => undefined);
    const call = client.stream({ prompt: "__GREETING__:Hi!", hardwareId: "mac" });
    expect(statusName((await call.status).code)).toBe("OK");
    expect(wireCases(call.messages)).toEqual(["textChunk", "endMessage"]);
    speech.gate = Promise.resolve();
  });

  test("InterruptSession stops it", async () => {
    const held = Promise.withResolvers<void>();
    speech.gate = held.promise;
    const call = client.stream({ prompt: "__GREETING__:Hi!", hardwareId: "mac", sessionId: "g-1" });
    await expect.poll(() => speech.runs.length, { interval: 5 }).toBe(1);
    expect(await client.interrupt("mac")).toMatchObject({ success: true, interruptedSessions: ["g-1"] });
    expect(statusName((await call.status).code)).toBe("CANCELLED");
    expect(speech.runs[0]?.signal.aborted).toBe(true);
    held.resolve();
    speech.gate = Promise.resolve();
  });
});

describe("GenerateWelcomeAudio", () => {
  test("sends metadata with the true length, then audio, then the end", async () => {
    const call = client.welcome({ text: "Welcome back", language: "en", voice: "any" });
    expect(statusName((await call.status).code)).toBe("OK");
    expect(wireCases(call.messages)).toEqual(["metadata", "audioChunk", "endMessage"]);
    expect(call.messages[0]?.content.value).toMatchObject({
      method: "echo",
      durationSec: "Welcome back".length / 96_000,
      sampleRate: 48_000,
      channels: 1,
      dtype: "int16",
    });
    expect(speech.runs[0]?.options).toEqual({ locale: "en", voice: "any" });
  });

  test("without a voice for the language: VOICE_MISSING, UNAVAILABLE, with the cure", async () => {
    speech.notice = { type: "notice", code: "NO_VOICE", text: "No voice." };
    const call = client.welcome({ text: "Sveiki", language: "lv" });
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
    expect(reasonOf(await client.welcome({ text }).status).reason).toBe(reason);
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
    expect(await client.reportUsage(report)).toMatchObject({ success: true, message: "Usage recorded" });
    expect(await client.reportUsage({ ...report, hardwareId: " " })).toMatchObject({
      success: false,
      message: "hardware_id required",
    });
    expect(await client.reportUsage({ ...report, inputTokens: -1 })).toMatchObject({ success: false });
  });
});
