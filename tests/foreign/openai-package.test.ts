import { OpenAI } from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { callTool, faults, gate, say, stream, streamWithUsage } from "#tests/doubles/openai-script.ts";
import type { OpenAiDouble } from "#tests/doubles/openai-server.ts";
import type { TestServer } from "#tests/integration/start-test-server.ts";
import { PNG, question, refusal, startOpenAiStage, weather, type OpenAiStage } from "./openai-stage.ts";

/** Answers that may run at once: few, so that a test can hold them all. */
const CAP = 3;

let stage: OpenAiStage;
let model: OpenAiDouble;
let server: TestServer;
let openai: OpenAI;

beforeAll(async () => {
  stage = await startOpenAiStage({ answersPerAccount: CAP });
  ({ model, server, openai } = stage);
});
afterAll(() => stage[Symbol.asyncDispose]());
beforeEach(() => {
  model.forget();
  model.script(stream(say("Hello", " world")));
});

describe("[18] the openai package", () => {
  test("completes a chat; what it asks of the model reaches it, and nothing of ours does", async () => {
    model.script(streamWithUsage({ inputTokens: 12, outputTokens: 3 }, say("Hello", " world")));
    const answer = await openai.chat.completions.create({
      ...question,
      messages: [{ role: "developer", content: "Be short." }, ...question.messages],
      temperature: 0.3,
      max_tokens: 9,
      stop: ["END"],
      response_format: { type: "json_object" },
      user: "ignored",
      // @ts-expect-error a field that no API has
      made_up: true,
    });
    expect(answer).toEqual({
      id: expect.stringMatching(/^chatcmpl-/),
      object: "chat.completion",
      created: expect.any(Number),
      model: "double",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Hello world", refusal: null },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
    });
    expect(model.requests[0]?.body).toEqual({
      model: "double",
      messages: [
        { role: "system", content: "Be short." },
        { role: "user", content: "Hi" },
      ],
      temperature: 0.3,
      max_tokens: 9,
      stop: ["END"],
      response_format: { type: "json_object" },
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  test("streams chunks of exactly the published shape", async () => {
    model.script(streamWithUsage({ inputTokens: 5, outputTokens: 2 }, say("Hello", " world")));
    const chunks: unknown[] = [];
    const options = { stream: true, stream_options: { include_usage: true } } as const;
    for await (const chunk of await openai.chat.completions.create({ ...question, ...options })) {
      chunks.push(chunk);
    }
    const head = {
      id: expect.stringMatching(/^chatcmpl-/) as string,
      object: "chat.completion.chunk",
      created: expect.any(Number) as number,
      model: "double",
    };
    const chunk = (delta: object, finish: string | null) => ({
      ...head,
      choices: [{ index: 0, delta, finish_reason: finish }],
      usage: null,
    });
    expect(chunks).toEqual([
      chunk({ role: "assistant", content: "" }, null),
      chunk({ content: "Hello" }, null),
      chunk({ content: " world" }, null),
      chunk({}, "stop"),
      { ...head, choices: [], usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 } },
    ]);
    expect(new Set(chunks.map((one) => (one as { id: string }).id)).size).toBe(1);
  });

  test("gets the calls of its own tools, and tells the model what they said", async () => {
    model.script([stream(callTool("weather", { city: "Oslo" }, "call_1")), stream(say("Cold."))]);
    const asked = { ...question, tools: [weather], tool_choice: "required" as const };
    const first = await openai.chat.completions.create(asked);
    const { message, finish_reason } = first.choices[0] ?? {};
    expect(finish_reason).toBe("tool_calls");
    expect(message).toEqual({
      role: "assistant",
      content: null,
      refusal: null,
      tool_calls: [
        { id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Oslo"}' } },
      ],
    });
    expect(model.requests[0]?.tools).toEqual(["weather"]);
    expect(model.requests[0]?.body).toMatchObject({ tool_choice: "required" });
    if (message === undefined) throw new Error("no message");
    const second = await openai.chat.completions.create({
      ...asked,
      messages: [...question.messages, message, { role: "tool", tool_call_id: "call_1", content: "-6" }],
    });
    expect(second.choices[0]?.message.content).toBe("Cold.");
    expect(model.requests[1]?.messages).toMatchObject([
      { role: "user" },
      { role: "assistant", tool_calls: [{ id: "call_1" }] },
      { role: "tool", tool_call_id: "call_1", content: "-6" },
    ]);
  });

  test("shows pictures by the rules of all pictures here, and has no address fetched", async () => {
    const seen = (url: string) => [
      {
        role: "user" as const,
        content: [
          { type: "text" as const, text: "What?" },
          { type: "image_url" as const, image_url: { url } },
        ],
      },
    ];
    await openai.chat.completions.create({ ...question, messages: seen(PNG) });
    const [picture] = model.requests[0]?.images ?? [];
    expect(Buffer.from(picture ?? []).toString("hex")).toMatch(/^ffd8ff/);
    const refused = { status: 400, param: "messages[0].content[1]", type: "invalid_request_error" };
    expect(
      await refusal(
        openai.chat.completions.create({ ...question, messages: seen("https://evil.example/x.png") }),
      ),
    ).toMatchObject({ ...refused, message: expect.stringContaining("not fetched") as string });
    expect(
      await refusal(
        openai.chat.completions.create({ ...question, messages: seen("data:image/png;base64,AAAA") }),
      ),
    ).toMatchObject({ status: 400, code: "screenshot_invalid" });
    model.script(faults.imageRefused);
    expect(await refusal(openai.chat.completions.create({ ...question, messages: seen(PNG) }))).toMatchObject(
      { status: 422, code: "model_refused" },
    );
  });

  test("stops the model when it leaves", async () => {
    const held = gate();
    model.script(stream(say("one "), held.step, say("two")));
    const answer = await openai.chat.completions.create({ ...question, stream: true });
    for await (const chunk of answer) {
      if (chunk.choices[0]?.delta.content === "one ") break;
    }
    expect(await (await model.request(0)).over).toBe("aborted");
    const whole = new AbortController();
    const asking = openai.chat.completions.create(question, { signal: whole.signal });
    const request = await model.request(1);
    whole.abort();
    await expect(asking).rejects.toThrow(/abort/i);
    expect(await request.over).toBe("aborted");
  });

  test("is told its errors in their shape", async () => {
    const ask = (change: object, client = openai) =>
      refusal(client.chat.completions.create({ ...question, ...change } as never));
    expect(await ask({ model: "gpt-none" })).toMatchObject({
      status: 404,
      code: "model_not_found",
      type: "invalid_request_error",
      param: "model",
    });
    const wrongKey = new OpenAI({ baseURL: `${server.httpUrl}/v1`, apiKey: "sk-wrong", maxRetries: 0 });
    expect(await ask({}, wrongKey)).toMatchObject({
      status: 401,
      code: "invalid_api_key",
      type: "authentication_error",
    });
    expect(await ask({ n: 2 })).toMatchObject({ status: 400, param: "n" });
    expect(await ask({ messages: [] })).toMatchObject({ status: 400, param: "messages" });
    expect(await ask({ messages: [{ role: "robot", content: "x" }] })).toMatchObject({
      param: "messages[0]",
    });
    expect(await ask({ chat_id: "made-up" })).toMatchObject({
      status: 404,
      code: "chat_not_found",
      param: "chat_id",
    });
    expect(await ask({ store: true, tools: [weather] })).toMatchObject({ status: 400, param: "tools" });
    const huge = { messages: [{ role: "user", content: "x".repeat(17 * 1024 * 1024) }] };
    expect(await ask(huge)).toMatchObject({ status: 413 });
    // Who asks is found out before so much is read.
    expect(await ask(huge, wrongKey)).toMatchObject({ status: 401 });
    model.script(faults.tooMany);
    expect(await ask({})).toMatchObject({
      status: 429,
      code: "rate_limit_exceeded",
      type: "rate_limit_error",
    });
    model.script(faults.keyRefused);
    expect(await ask({})).toMatchObject({ status: 503, type: "server_error", code: "model_key_refused" });
    model.script(faults.failedHalfWay);
    const broken = await openai.chat.completions.create({ ...question, stream: true });
    let text = "";
    const failure = await refusal(
      (async () => {
        for await (const chunk of broken) text += chunk.choices[0]?.delta.content ?? "";
      })(),
    );
    expect([text, failure]).toMatchObject(["Half ", { code: "model_failed", type: "server_error" }]);
  });

  test("shares its places with all other answers of the account, and a key that is revoked ends what it opened", async () => {
    const held = gate();
    model.script(stream(say("one "), held.step, say("two")));
    const { id, key } = await stage.makeKey();
    const short = stage.client(key);
    const open = await Promise.all(
      Array.from({ length: CAP }, () => short.chat.completions.create({ ...question, stream: true })),
    );
    expect(await refusal(openai.chat.completions.create(question))).toMatchObject({
      status: 429,
      code: "rate_limit_exceeded",
    });
    await fetch(`${server.httpUrl}/v1/api-keys/${id}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${server.accessToken}` },
    });
    for (const one of open) {
      const ended = await refusal(one.toReadableStream().pipeTo(new WritableStream()));
      expect(ended).toMatchObject({ code: "invalid_api_key" });
    }
    for (let index = 0; index < CAP; index += 1) expect(await model.requests[index]?.over).toBe("aborted");
    held.open();
    expect((await openai.chat.completions.create(question)).choices[0]?.message.content).toBe("one two");
  });

  test("lists the models by their real names", async () => {
    const names: string[] = [];
    for await (const { id, object } of openai.models.list()) names.push(`${object} ${id}`);
    expect(names).toEqual(["model double", "model other"]);
  });
});
