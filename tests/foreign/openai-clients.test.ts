import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, jsonSchema, streamText, tool } from "ai";
import type { OpenAI } from "openai";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readServerConfig } from "#server/config/config.ts";
import { callTool, faults, say, stream } from "#tests/doubles/openai-script.ts";
import type { OpenAiDouble } from "#tests/doubles/openai-server.ts";
import type { TestServer } from "#tests/integration/start-test-server.ts";
import { cookieOf, send } from "#tests/integration/web-stage.ts";
import { runCommand } from "#tools/test/command.ts";
import { question, startOpenAiStage, weather, type OpenAiStage } from "./openai-stage.ts";

let stage: OpenAiStage;
let model: OpenAiDouble;
let server: TestServer;
let openai: OpenAI;

beforeAll(async () => {
  const env = { PIPIT_HOME: "/nowhere", PIPIT_SEED_COMPAT_CLIENTS: "1" };
  const { auth } = readServerConfig({ argv: [], env });
  stage = await startOpenAiStage({ auth });
  ({ model, server, openai } = stage);
});
afterAll(() => stage[Symbol.asyncDispose]());
beforeEach(() => {
  model.forget();
  model.script(stream(say("Hello", " world")));
});

function get(path: string): Promise<Response> {
  return fetch(server.httpUrl + path, { headers: { authorization: `Bearer ${server.accessToken}` } });
}

async function chats(): Promise<readonly { readonly id: string; readonly title: string }[]> {
  const { data } = (await (await get("/v1/chats")).json()) as {
    readonly data: readonly { readonly id: string; readonly title: string }[];
  };
  return data;
}

test("[18] the ai package completes, streams and runs a tool of its own", async () => {
  const provider = createOpenAICompatible({
    name: "pipit",
    baseURL: `${server.httpUrl}/v1`,
    apiKey: stage.key,
  });
  const language = provider.chatModel("double");
  expect((await generateText({ model: language, prompt: "Hi", maxRetries: 0 })).text).toBe("Hello world");
  model.script([stream(callTool("weather", { city: "Oslo" }, "call_1")), stream(say("Cold."))]);
  const inputSchema = jsonSchema<{ city: string }>(weather.function.parameters as never);
  const calls: unknown[] = [];
  const tools = {
    weather: tool({
      description: "Tells the weather",
      inputSchema,
      execute(input) {
        calls.push(input);
        return Promise.resolve("-6");
      },
    }),
  };
  const run = streamText({
    model: language,
    prompt: "Is it cold in Oslo?",
    tools,
    maxRetries: 0,
    stopWhen: ({ steps }) => steps.length === 2,
  });
  expect(await run.text).toBe("Cold.");
  expect(calls).toEqual([{ city: "Oslo" }]);
  model.script(faults.tooMany);
  await expect(generateText({ model: language, prompt: "Hi", maxRetries: 0 })).rejects.toMatchObject({
    statusCode: 429,
  });
});

test("[18] curl sees the events as they are on the wire", async () => {
  const config = [
    `url = "${server.httpUrl}/v1/chat/completions"`,
    `header = "content-type: application/json"`,
    `header = "authorization: Bearer ${stage.key}"`,
    `data = ${JSON.stringify(JSON.stringify({ ...question, stream: true }))}`,
    "silent",
    "include",
    "",
  ].join("\n");
  const { code, stdout } = await runCommand(
    "curl",
    ["-K", "-"],
    { input: config },
    AbortSignal.timeout(60_000),
  );
  expect(code).toBe(0);
  const [head = "", ...events] = stdout.replaceAll("\r\n", "\n").split("\n\n");
  expect(head).toMatch(/^HTTP\/1.1 200 OK\n/);
  expect(head).toMatch(/\ncontent-type: text\/event-stream/);
  expect(head).toMatch(/\nx-accel-buffering: no(\n|$)/);
  expect(events.slice(0, -1).every((event) => /^data: [^\n]+$/.test(event))).toBe(true);
  expect(events.slice(-2)).toEqual(["data: [DONE]", ""]);
});

test("[18] a client that asks for titles, tags and follow-ups leaves no chat behind", async () => {
  const before = await chats();
  const history = "<chat_history>USER: Hi ASSISTANT: Hello</chat_history>";
  for (const prompt of [
    "Hi",
    `### Task: Generate a concise, 3-5 word title with an emoji summarizing the chat history. ${history}`,
    `### Task: Generate 1-3 broad tags categorizing the main themes of the chat history. ${history}`,
    `### Task: Suggest 3-5 relevant follow-up questions that the user might ask next. ${history}`,
  ]) {
    const metadata = { task: "title_generation", chat_id: "the client's own" };
    await openai.chat.completions.create({
      ...question,
      messages: [{ role: "user", content: prompt }],
      metadata,
    } as never);
  }
  expect(model.requests).toHaveLength(4);
  expect(await chats()).toEqual(before);
});

test("with chat_id or store the question and its answer are a turn of a chat, answered with the tools of this server", async () => {
  const ours = { store: true } as const;
  const { data: answer, response } = await openai.chat.completions
    .create({ ...question, ...ours, messages: [{ role: "user", content: "Keep this" }] })
    .withResponse();
  const chatId = response.headers.get("x-session-id");
  expect(answer.choices[0]?.message.content).toBe("Hello world");
  expect(await chats()).toContainEqual(expect.objectContaining({ id: chatId, title: "Keep this" }));
  expect(model.requests[0]?.tools).toContain("search_chat_history");

  const more = { chat_id: chatId, temperature: 0.1, search_all_chats: true, stream: true };
  const again = await openai.chat.completions.create({ ...question, ...more } as never);
  let text = "";
  for await (const chunk of again as unknown as AsyncIterable<OpenAI.ChatCompletionChunk>) {
    text += chunk.choices[0]?.delta.content ?? "";
  }
  expect(text).toBe("Hello world");
  expect(model.requests[1]?.body).toMatchObject({ temperature: 0.1 });
  expect(model.requests[1]?.messages.slice(-3)).toMatchObject([
    { role: "user", content: "Keep this" },
    { role: "assistant", content: "Hello world" },
    { role: "user", content: "Hi" },
  ]);
  const kept = (await (await get(`/v1/chats/${chatId}/messages`)).json()) as {
    readonly data: readonly unknown[];
  };
  expect(kept.data).toHaveLength(4);

  const stranger = await send(server.httpUrl, {
    method: "POST",
    path: "/auth/register",
    headers: { origin: server.httpUrl, "content-type": "application/json" },
    body: JSON.stringify({ login: "stranger", password: "Correct-horse-1" }),
  });
  const asked = await send(server.httpUrl, {
    method: "POST",
    path: "/v1/chat/completions",
    headers: { cookie: cookieOf(stranger), origin: server.httpUrl, "content-type": "application/json" },
    body: JSON.stringify({ ...question, chat_id: chatId }),
  });
  expect([asked.status, asked.json]).toMatchObject([404, { error: { code: "chat_not_found" } }]);
});

test("the page of the original server, known by its cookie, gets the original's events; nobody else does", async () => {
  const headers = { origin: server.httpUrl, "content-type": "application/json" };
  const page = await send(server.httpUrl, {
    method: "POST",
    path: "/auth/register",
    headers,
    body: JSON.stringify({ login: "original", password: "Correct-horse-1" }),
  });
  const ask = (body: object) =>
    fetch(`${server.httpUrl}/v1/chat/completions`, {
      method: "POST",
      headers: { ...headers, cookie: cookieOf(page) },
      body: JSON.stringify({ ...question, ...body }),
    });
  const whole = await ask({ store: true });
  const id = whole.headers.get("x-session-id");
  const content = [{ type: "text", text: "Hello world" }];
  expect(await whole.json()).toEqual({
    id,
    object: "chat.completion",
    created: expect.any(Number),
    model: "double",
    choices: [
      { index: 0, message: { role: "assistant", content, tool_call_id: null }, finish_reason: "stop" },
    ],
  });
  model.script(stream(say("Hel"), say("lo")));
  const events = (await (await ask({ chat_id: id, stream: true })).text()).split("\n\n");
  expect(events.map((event) => event.replace(/data: \{.*\}/, "data: {}"))).toEqual([
    `: session_id=${id}\nevent: message\ndata: {}`,
    `: session_id=${id}\nevent: message\ndata: {}`,
    `: session_id=${id}\nevent: done\ndata: {}`,
    "data: [DONE]",
    "",
  ]);
  expect(JSON.parse(events[0]?.split("data: ")[1] ?? "")).toMatchObject({
    id,
    choices: [
      { delta: { role: "assistant", content: [{ type: "text", text: "Hel" }] }, finish_reason: null },
    ],
  });
  model.script(faults.failedHalfWay);
  const broken = (await (await ask({ chat_id: id, stream: true })).text()).split("\n\n");
  expect(broken.slice(-3)).toEqual([
    expect.stringMatching(/\nevent: error\ndata: \{"error":\{"message":/),
    "data: [DONE]",
    "",
  ]);
});
