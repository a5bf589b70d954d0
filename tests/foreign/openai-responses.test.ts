import type { OpenAI } from "openai";
import type { ResponseStreamEvent } from "openai/resources/responses/responses";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { callTool, faults, say, stream, streamWithUsage } from "#tests/doubles/openai-script.ts";
import type { OpenAiDouble } from "#tests/doubles/openai-server.ts";
import { PNG, startOpenAiStage, type OpenAiStage } from "./openai-stage.ts";

const getWeather = {
  type: "function" as const,
  name: "get_weather",
  description: "Get the current weather for a location",
  strict: null,
  parameters: { type: "object", properties: { location: { type: "string" } }, required: ["location"] },
};

let stage: OpenAiStage;
let model: OpenAiDouble;
let openai: OpenAI;

beforeAll(async () => {
  stage = await startOpenAiStage();
  ({ model, openai } = stage);
});
afterAll(() => stage[Symbol.asyncDispose]());
beforeEach(() => {
  model.forget();
  model.script(streamWithUsage({ inputTokens: 15, outputTokens: 7 }, say("Hello", " there")));
});

const ask = (content: string) => [{ type: "message" as const, role: "user" as const, content }];

/** The fields of every response of the specification. */
const resource = {
  id: expect.stringMatching(/^resp_/) as string,
  object: "response",
  created_at: expect.any(Number) as number,
  completed_at: expect.any(Number) as number,
  status: "completed",
  incomplete_details: null,
  model: "double",
  previous_response_id: null,
  instructions: null,
  output: expect.any(Array) as unknown[],
  error: null,
  tools: [],
  tool_choice: "auto",
  truncation: "disabled",
  parallel_tool_calls: true,
  text: { format: { type: "text" } },
  top_p: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
  top_logprobs: 0,
  temperature: 1,
  reasoning: { effort: null, summary: null },
  usage: {
    input_tokens: 15,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 7,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 22,
  },
  max_output_tokens: null,
  max_tool_calls: null,
  store: false,
  background: false,
  service_tier: "default",
  metadata: {},
  safety_identifier: null,
  prompt_cache_key: null,
};
const message = (text: string) => ({
  type: "message",
  id: expect.stringMatching(/^msg_/) as string,
  status: "completed",
  role: "assistant",
  content: [{ type: "output_text", text, annotations: [], logprobs: [] }],
});

/** All events of a stream, as the package reads them, and its last response, as the package puts it together. */
async function streamed(body: Parameters<OpenAI["responses"]["stream"]>[0]) {
  const events: ResponseStreamEvent[] = [];
  const reading = openai.responses.stream(body);
  for await (const event of reading) events.push(event as ResponseStreamEvent);
  expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, index) => index));
  return { events, types: events.map(({ type }) => type), final: await reading.finalResponse() };
}

describe("[19] Open Responses", () => {
  test("basic-response", async () => {
    const { output_text: text, ...response } = await openai.responses.create({
      model: "double",
      input: ask("Say hello in exactly 3 words."),
    });
    expect(text).toBe("Hello there");
    expect(response).toMatchObject({ ...resource, output: [message("Hello there")] });
    const raw = await openai.responses.create({ model: "double", input: "Hi" }).asResponse();
    expect(await raw.json()).toEqual({ ...resource, output: [message("Hello there")] });
  });

  test("streaming-response", async () => {
    const { types, events, final } = await streamed({ model: "double", input: ask("Count from 1 to 5.") });
    expect(types).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(events[0]).toMatchObject({ response: { status: "in_progress", output: [], usage: null } });
    expect(final.output_text).toBe("Hello there");
    expect(events.at(-1)).toMatchObject({ response: { ...resource, output: [message("Hello there")] } });
  });

  test("system-prompt", async () => {
    const input = [
      { type: "message" as const, role: "system" as const, content: "You are a pirate." },
      ...ask("Say hello."),
    ];
    const response = await openai.responses.create({ model: "double", instructions: "Be short.", input });
    expect(response.status).toBe("completed");
    expect(model.requests[0]?.messages).toEqual([
      { role: "system", content: "Be short.\n\nYou are a pirate." },
      { role: "user", content: "Say hello." },
    ]);
  });

  test("tool-calling", async () => {
    model.script([stream(callTool("get_weather", { location: "Paris" }, "call_1")), stream(say("Sunny."))]);
    const asked = { model: "double", tools: [getWeather] };
    const first = await openai.responses.create({ ...asked, input: ask("The weather in Paris?") });
    const call = {
      type: "function_call",
      id: expect.stringMatching(/^fc_/) as string,
      call_id: "call_1",
      name: "get_weather",
      arguments: '{"location":"Paris"}',
      status: "completed",
    };
    expect(first.output).toEqual([call]);
    const result = { type: "function_call_output" as const, call_id: "call_1", output: "sunny" };
    const input = [...ask("The weather in Paris?"), ...(first.output as never[]), result];
    expect((await openai.responses.create({ ...asked, input })).output_text).toBe("Sunny.");
    expect(model.requests[1]?.messages).toMatchObject([
      { role: "user" },
      { role: "assistant", tool_calls: [{ id: "call_1", function: { name: "get_weather" } }] },
      { role: "tool", tool_call_id: "call_1", content: "sunny" },
    ]);
  });

  test("tool-calling-streaming", async () => {
    model.script(stream(say("Let me see."), callTool("get_weather", { location: "Paris" }, "call_1")));
    const { types, final } = await streamed({ model: "double", tools: [getWeather], input: ask("Weather?") });
    expect(types.slice(-5)).toEqual([
      "response.output_item.added",
      "response.function_call_arguments.delta",
      "response.function_call_arguments.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(final.output).toMatchObject([
      message("Let me see."),
      { type: "function_call", call_id: "call_1", arguments: '{"location":"Paris"}' },
    ]);
  });

  test("image-input", async () => {
    const content = [
      { type: "input_text" as const, text: "What do you see?" },
      { type: "input_image" as const, image_url: PNG, detail: "auto" as const },
    ];
    const response = await openai.responses.create({ model: "double", input: [{ role: "user", content }] });
    expect(response.status).toBe("completed");
    expect(Buffer.from(model.requests[0]?.images[0] ?? []).toString("hex")).toMatch(/^ffd8ff/);
  });

  test("multi-turn", async () => {
    const input = [
      ...ask("My name is Alice."),
      { type: "message" as const, role: "assistant" as const, content: "Hello Alice!" },
      ...ask("What is my name?"),
    ];
    expect((await openai.responses.create({ model: "double", input })).status).toBe("completed");
    expect(model.requests[0]?.messages).toEqual([
      { role: "user", content: "My name is Alice." },
      { role: "assistant", content: "Hello Alice!" },
      { role: "user", content: "What is my name?" },
    ]);
  });
});

test("a response passes its wishes on by the names of chat completions", async () => {
  const schema = { type: "object", properties: {}, required: [], additionalProperties: false };
  await openai.responses.create({
    model: "double",
    input: "Hi",
    max_output_tokens: 50,
    temperature: 0.2,
    reasoning: { effort: "low" },
    text: { format: { type: "json_schema", name: "thing", schema, strict: true } },
  });
  expect(model.requests[0]?.body).toMatchObject({
    max_tokens: 50,
    temperature: 0.2,
    reasoning_effort: "low",
    response_format: { type: "json_schema", json_schema: { name: "thing", schema, strict: true } },
  });
});

test("what would need responses to be kept is refused with the cure, and a failure is an event", async () => {
  const refused = openai.responses.create({ model: "double", input: "Hi", previous_response_id: "resp_1" });
  await expect(refused).rejects.toMatchObject({
    status: 400,
    param: "previous_response_id",
    message: expect.stringContaining("send what was said before") as string,
  });
  await expect(openai.responses.create({ model: "none", input: "Hi" })).rejects.toMatchObject({
    status: 404,
    code: "model_not_found",
  });
  model.script(faults.failedHalfWay);
  const events: ResponseStreamEvent[] = [];
  for await (const event of await openai.responses.create({ model: "double", input: "Hi", stream: true })) {
    events.push(event);
  }
  expect(events.at(-1)).toMatchObject({
    type: "response.failed",
    response: {
      status: "failed",
      error: { code: "model_failed" },
      output: [{ content: [{ text: "Half " }] }],
    },
  });
});
