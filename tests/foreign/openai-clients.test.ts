import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, jsonSchema, streamText, tool } from "ai";
import { APIError, OpenAI } from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readServerConfig } from "#server/config/config.ts";
import { callTool, faults, gate, say, stream, streamWithUsage } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble, type OpenAiDouble } from "#tests/doubles/openai-server.ts";
import { startTestServer, type TestServer } from "#tests/integration/start-test-server.ts";
import { cookieOf, send } from "#tests/integration/web-stage.ts";
import { runCommand } from "#tools/test/command.ts";

/** Answers that may run at once: few, so that a test can hold them all. */
const CAP = 3;
const PNG =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const weather = {
  type: "function",
  function: {
    name: "weather",
    description: "Tells the weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
} as const;

let model: OpenAiDouble;
let server: TestServer;
let key: string;
let openai: OpenAI;

beforeAll(async () => {
  model = await startOpenAiDouble(stream(say("Hello", " world")), { models: ["double", "other"] });
  const env = { PIPIT_HOME: "/nowhere", PIPIT_SEED_COMPAT_CLIENTS: "1" };
  const { auth } = readServerConfig({ argv: [], env });
  const url = { url: model.url, ollamaUrl: "http://127.0.0.1:9" };
  server = await startTestServer({ config: { model: url, auth, answersPerAccount: CAP } });
  key = await makeKey(server.accessToken);
  openai = new OpenAI({ baseURL: `${server.httpUrl}/v1`, apiKey: key, maxRetries: 0 });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});
beforeEach(() => {
  model.forget();
  model.script(stream(say("Hello", " world")));
});

async function makeKey(accessToken: string): Promise<string> {
  const made = await fetch(`${server.httpUrl}/v1/api-keys`, {
    method: "POST",
    headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "a client" }),
  });
  const { key: made_, id } = (await made.json()) as { readonly key: string; readonly id: string };
  lastKeyId = id;
  return made_;
}
let lastKeyId = "";

function get(path: string): Promise<Response> {
  return fetch(server.httpUrl + path, { headers: { authorization: `Bearer ${server.accessToken}` } });
}

async function chats(): Promise<readonly { readonly id: string; readonly title: string }[]> {
  const { data } = (await (await get("/v1/chats")).json()) as {
    readonly data: readonly { readonly id: string; readonly title: string }[];
  };
  return data;
}

const hi = [{ role: "user", content: "Hi" }] as const;
const question = { model: "double", messages: [...hi] };

async function refusal(asking: PromiseLike<unknown>): Promise<unknown> {
  const reason: unknown = await Promise.resolve(asking).catch((error: unknown) => error);
  if (!(reason instanceof APIError)) return reason;
  const { status, code, type, param, message } = reason as APIError;
  return { status, code, type, param, message };
}

describe("[18] the openai package", () => {
  test("completes a chat; what it asks of the model reaches it, and nothing of ours does", async () => {
    model.script(streamWithUsage({ inputTokens: 12, outputTokens: 3 }, say("Hello", " world")));
    const answer = await openai.chat.completions.create({
      ...question,
      messages: [{ role: "developer", content: "Be short." }, ...hi],
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
      messages: [...hi, message, { role: "tool", tool_call_id: "call_1", content: "-6" }],
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
    const short = new OpenAI({
      baseURL: `${server.httpUrl}/v1`,
      apiKey: await makeKey(server.accessToken),
      maxRetries: 0,
    });
    const id = lastKeyId;
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

test("[18] the ai package completes, streams and runs a tool of its own", async () => {
  const provider = createOpenAICompatible({ name: "pipit", baseURL: `${server.httpUrl}/v1`, apiKey: key });
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
    `header = "authorization: Bearer ${key}"`,
    `data = ${JSON.stringify(JSON.stringify({ ...question, stream: true }))}`,
    "silent",
    "include",
    "",
  ].join("\n");
  const { code, stdout } = await runCommand(
    "curl",
    ["-K", "-"],
    { input: config },
    AbortSignal.timeout(20_000),
  );
  expect(code).toBe(0);
  const [head = "", ...events] = stdout.replaceAll("\r\n", "\n").split("\n\n");
  expect(head).toMatch(/^HTTP\/1.1 200 OK\n/);
  expect(head).toMatch(/\ncontent-type: text\/event-stream/);
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
