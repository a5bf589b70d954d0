import { describe, expect, test } from "vitest";
import {
  callTool,
  gate,
  say,
  stream,
  streamWithUsage,
  type ChatRequest,
} from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import {
  ask,
  askWithImage,
  collect,
  modelAt,
  never,
  shortLimits,
  textOf,
  toolNamed,
} from "./model-test-kit.ts";

const calculator = toolNamed("calculator", (input) =>
  Promise.resolve({ value: { result: "4" }, summary: `got ${JSON.stringify(input)}` }),
);

describe("text", () => {
  test("comes token by token, each before the next is sent, with usage last", async () => {
    const second = gate();
    await using double = await startOpenAiDouble(
      streamWithUsage({ inputTokens: 12, outputTokens: 2 }, say("Hello"), second.step, say(" world")),
    );
    const parts = modelAt(double.url).answer(ask("Hi"), never)[Symbol.asyncIterator]();
    expect(await parts.next()).toEqual({ done: false, value: { type: "text", text: "Hello" } });
    second.open();
    expect(await parts.next()).toEqual({ done: false, value: { type: "text", text: " world" } });
    expect(await parts.next()).toEqual({
      done: false,
      value: { type: "usage", inputTokens: 12, outputTokens: 2 },
    });
    expect((await parts.next()).done).toBe(true);
  });

  test("carries the key, the model, the system text and the history", async () => {
    await using double = await startOpenAiDouble(stream(say("ok")), { key: "sesame" });
    const request = ask("", {
      messages: [
        { role: "system", text: "Be brief." },
        { role: "user", text: "one" },
        { role: "assistant", text: "two" },
        { role: "user", text: "three" },
      ],
    });
    const { parts } = await collect(modelAt(double.url, { key: "sesame" }).answer(request, never));
    expect(textOf(parts)).toBe("ok");
    expect(double.requests[0]?.body.model).toBe("test-model");
    expect(double.requests[0]?.messages).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "one" },
      { role: "assistant", content: "two" },
      { role: "user", content: "three" },
    ]);
    expect(double.requests[0]?.tools).toEqual([]);
  });

  test("that never comes is a failure, not an empty answer", async () => {
    await using double = await startOpenAiDouble(stream());
    const { error } = await collect(modelAt(double.url).answer(ask("Hi"), never));
    expect(error).toMatchObject({
      code: "MODEL_FAILED",
      message: expect.stringContaining("without an answer"),
    });
  });
});

describe("tools", () => {
  test("are run and their results go back to the model", async () => {
    await using double = await startOpenAiDouble([
      stream(say("Let me see. "), callTool("calculator", { expression: "2+2" })),
      stream(say("It is 4.")),
    ]);
    const { parts } = await collect(modelAt(double.url).answer(ask("2+2?", { tools: [calculator] }), never));
    expect(parts.map((part) => (part.type === "tool" ? `${part.state} ${part.summary}` : part.type))).toEqual(
      ["text", "started calculator: 2+2", 'done got {"expression":"2+2"}', "text", "usage"],
    );
    expect(double.requests[0]?.tools).toEqual(["calculator"]);
    expect(double.requests[1]?.messages.at(-1)).toMatchObject({ role: "tool", content: '{"result":"4"}' });
  });

  test.each([
    ["throws", toolNamed("calculator", () => Promise.reject(new Error("out of order")))],
    [
      "says it failed",
      toolNamed("calculator", () =>
        Promise.resolve({ value: "Error: out of order", summary: "calculator: out of order", failed: true }),
      ),
    ],
  ])("one that %s fails, and the answer goes on", async (_, tool) => {
    await using double = await startOpenAiDouble([
      stream(callTool("calculator", { expression: "1/0" })),
      stream(say("Sorry.")),
    ]);
    const { parts, error } = await collect(modelAt(double.url).answer(ask("?", { tools: [tool] }), never));
    expect(error).toBeUndefined();
    expect(parts[1]).toMatchObject({ state: "failed", summary: "calculator: out of order" });
    expect(textOf(parts)).toBe("Sorry.");
    expect(JSON.stringify(double.requests[1]?.messages.at(-1))).toContain("out of order");
  });

  test("one that hangs is given up, and the answer goes on", async () => {
    await using double = await startOpenAiDouble([
      stream(callTool("calculator", { expression: "1" })),
      stream(say("Without it.")),
    ]);
    const hanging = toolNamed("calculator", () => new Promise(() => {}));
    const model = modelAt(double.url, { limits: shortLimits });
    const { parts } = await collect(model.answer(ask("?", { tools: [hanging] }), never));
    expect(parts[1]).toMatchObject({ state: "failed", summary: "calculator: took longer than 1 s" });
    expect(textOf(parts)).toBe("Without it.");
  });

  test.each([
    ["arguments that are not JSON", callTool("calculator", "{broken")],
    ["a tool that does not exist", callTool("teleport", {})],
  ])("a call with %s fails, and the answer goes on", async (_, call) => {
    await using double = await startOpenAiDouble([stream(call), stream(say("Never mind."))]);
    const { parts, error } = await collect(
      modelAt(double.url).answer(ask("?", { tools: [calculator] }), never),
    );
    expect(error).toBeUndefined();
    expect(parts.filter((part) => part.type === "tool").map((part) => part.state)).toEqual([
      "started",
      "failed",
    ]);
    expect(textOf(parts)).toBe("Never mind.");
  });

  test("may be called in five steps; the sixth may only talk", async () => {
    await using double = await startOpenAiDouble((request: ChatRequest) =>
      request.tools.length > 0
        ? stream(callTool("calculator", { expression: "1" }, `call_${request.index}`))
        : stream(say("Enough.")),
    );
    const { parts } = await collect(modelAt(double.url).answer(ask("?", { tools: [calculator] }), never));
    expect(double.requests).toHaveLength(6);
    expect(textOf(parts)).toBe("Enough.");
  });

  test("are left out for a model that refuses them, and it is remembered", async () => {
    await using double = await startOpenAiDouble((request: ChatRequest) =>
      request.tools.length > 0
        ? { kind: "http", status: 400, body: '{"error":{"message":"gemma does not support tools"}}' }
        : stream(say("No tools.")),
    );
    const model = modelAt(double.url);
    const request = ask("?", { tools: [calculator] });
    expect(textOf((await collect(model.answer(request, never))).parts)).toBe("No tools.");
    expect(textOf((await collect(model.answer(request, never))).parts)).toBe("No tools.");
    expect(double.requests.map((seen) => seen.tools.length)).toEqual([1, 0, 0]);
  });
});

describe("pictures", () => {
  const picture = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]);

  test("reach the model", async () => {
    await using double = await startOpenAiDouble(stream(say("A cat.")));
    const { parts } = await collect(modelAt(double.url).answer(askWithImage("What is it?", picture), never));
    expect(parts.map((part) => part.type)).toEqual(["text", "usage"]);
    expect(double.requests[0]?.images).toEqual([picture]);
    expect(double.requests[0]?.prompt).toBe("What is it?");
  });

  test.each([
    [400, "Invalid content type: image_url is only supported by vision models."],
    [415, "image input not accepted"],
    [422, "messages[0].content must be a string"],
    [404, "No endpoints found that support image input"],
    [500, "image input is not supported - you may need to provide the mmproj"],
  ])(
    "are left out when the server refuses them with %i, said once and remembered",
    async (status, message) => {
      await using double = await startOpenAiDouble((request: ChatRequest) =>
        request.images.length > 0
          ? { kind: "http", status, body: JSON.stringify({ error: { message } }) }
          : stream(say("Blind.")),
      );
      const model = modelAt(double.url);
      for (const locale of ["en", "ru"]) {
        const { parts } = await collect(model.answer(askWithImage("?", picture, locale), never));
        expect(parts[0]).toMatchObject({
          type: "notice",
          code: "IMAGE_NOT_SEEN",
          text: expect.stringContaining(locale === "ru" ? "картинки" : "pictures"),
        });
        expect(textOf(parts)).toBe("Blind.");
      }
      expect(double.requests.map((seen) => seen.images.length)).toEqual([1, 0, 0]);
    },
  );

  test("one that is too large does not make the model blind for the next", async () => {
    await using double = await startOpenAiDouble([
      { kind: "http", status: 400, body: '{"error":{"message":"image is too large"}}' },
      stream(say("Blind.")),
      stream(say("I see.")),
    ]);
    const model = modelAt(double.url);
    await collect(model.answer(askWithImage("?", picture), never));
    await collect(model.answer(askWithImage("?", picture), never));
    expect(double.requests.map((seen) => seen.images.length)).toEqual([1, 0, 1]);
  });

  test("are not sent to a model that is known to take none", async () => {
    await using double = await startOpenAiDouble(stream(say("Blind.")));
    const model = modelAt(double.url, { abilities: { images: false, tools: true } });
    const { parts } = await collect(model.answer(askWithImage("?", picture), never));
    expect(parts.map((part) => part.type)).toEqual(["notice", "text", "usage"]);
    expect(double.requests[0]?.images).toEqual([]);
  });
});
