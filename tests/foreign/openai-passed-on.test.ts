import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { OpenAI, toFile } from "openai";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startTestServer, type TestServer } from "#tests/integration/start-test-server.ts";
import { refusal } from "./openai-stage.ts";

const KEY = "provider-key-that-nobody-sees";

/** What the provider was asked. */
interface Asked {
  readonly path: string | undefined;
  readonly authorization: string | undefined;
  readonly type: string;
  readonly body: string;
}
type Answer = (asked: Asked, response: ServerResponse) => void;

let provider: Server;
let asked: Asked[];
let answer: Answer;
let server: TestServer;
let openai: OpenAI;

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const { authorization, "content-type": type = "" } = request.headers;
  const body = Buffer.concat(pieces).toString("latin1");
  asked.push({ path: request.url, authorization, type, body });
  answer(asked.at(-1) as Asked, response);
}

const json = (status: number, body: object): Answer => {
  return (_asked, response) =>
    void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
};

beforeAll(async () => {
  provider = createServer(
    (request, response) => void take(request, response).catch(() => response.destroy()),
  );
  provider.listen(0, "127.0.0.1");
  await once(provider, "listening");
  const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`;
  const configured = { url, key: KEY };
  const config = { embeddings: { ...configured, model: "small" }, transcription: configured };
  server = await startTestServer({ config });
  openai = new OpenAI({ baseURL: `${server.httpUrl}/v1`, apiKey: server.accessToken, maxRetries: 0 });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  provider.closeAllConnections();
  provider.close();
});
beforeEach(() => {
  asked = [];
});

test("embeddings are asked of the configured server with its key, and its model for who names none", async () => {
  const vector = { object: "embedding", index: 0, embedding: [0.5, -0.25] };
  answer = json(200, {
    object: "list",
    data: [vector],
    model: "large",
    usage: { prompt_tokens: 7, total_tokens: 7 },
  });
  const wanted = { model: "large", input: ["Hi"], encoding_format: "float" as const };
  expect((await openai.embeddings.create(wanted)).data).toEqual([vector]);
  expect(asked).toEqual([
    {
      path: "/v1/embeddings",
      authorization: `Bearer ${KEY}`,
      type: "application/json",
      body: expect.any(String),
    },
  ]);
  expect(JSON.parse(asked[0]?.body ?? "")).toEqual(wanted);
  await openai.embeddings.create({ input: "Hi" } as never);
  expect(JSON.parse(asked[1]?.body ?? "")).toMatchObject({ model: "small", input: "Hi" });
  const used = await fetch(`${server.httpUrl}/v1/usage?by=model`, {
    headers: { authorization: `Bearer ${server.accessToken}` },
  });
  const counted = { input_tokens: 7, output_tokens: 0, answers: 1, estimated: 0 };
  expect(await used.json()).toMatchObject({
    data: [
      { model: "large", ...counted },
      { model: "small", ...counted },
    ],
  });
});

test("a recording streams to the configured server as it came, and one that is too large is refused", async () => {
  answer = json(200, { text: "hello" });
  const sound = Buffer.alloc(300_000, "sound ");
  const file = await toFile(sound, "speech.wav");
  expect((await openai.audio.transcriptions.create({ model: "whisper-1", file })).text).toBe("hello");
  expect(asked[0]).toMatchObject({ path: "/v1/audio/transcriptions", authorization: `Bearer ${KEY}` });
  expect(asked[0]?.type).toMatch(/^multipart\/form-data; boundary=/);
  expect(asked[0]?.body).toContain('name="model"\r\n\r\nwhisper-1');
  expect(asked[0]?.body).toContain(sound.toString("latin1"));
  const huge = await toFile(Buffer.alloc(27 * 1024 * 1024), "speech.wav");
  const refused = await refusal(openai.audio.transcriptions.create({ model: "whisper-1", file: huge }));
  expect(refused).toMatchObject({ status: 413, code: "message_too_large" });
});

test("what is not configured is said with its cure, and nobody without a sign-in reaches a provider", async () => {
  const speech = { model: "tts-1", voice: "alloy", input: "Hi" } as const;
  expect(await refusal(openai.audio.speech.create(speech))).toMatchObject({
    status: 501,
    code: "not_configured",
    message: expect.stringContaining("PIPIT_SPEECH_URL") as string,
  });
  const stranger = new OpenAI({ baseURL: `${server.httpUrl}/v1`, apiKey: "pipit_made-up", maxRetries: 0 });
  expect(await refusal(stranger.embeddings.create({ model: "small", input: "Hi" }))).toMatchObject({
    status: 401,
    code: "invalid_api_key",
  });
  expect(asked).toEqual([]);
});

test.each([
  [401, 503, "model_key_refused"],
  [400, 422, "model_refused"],
  [429, 429, "rate_limit_exceeded"],
  [500, 502, "model_failed"],
])("a provider's %i is %i here, in its words and without its key and address", async (theirs, ours, code) => {
  const { host } = new URL(`http://127.0.0.1:${(provider.address() as AddressInfo).port}`);
  answer = json(theirs, { error: { message: `Key ${KEY} at ${host} is a reason.` } });
  const refused = await refusal(openai.embeddings.create({ model: "small", input: "Hi" }));
  expect(refused).toMatchObject({ status: ours, code });
  expect(JSON.stringify(refused)).not.toContain(KEY);
  expect(JSON.stringify(refused)).not.toContain(host);
});

test("an answer comes as it is sent, and a client that leaves ends it", async () => {
  const left = Promise.withResolvers<void>();
  answer = (_asked, response) => {
    response.on("close", () => left.resolve());
    response.writeHead(200, { "content-type": "audio/mpeg" }).write("first");
  };
  const stop = new AbortController();
  const response = await fetch(`${server.httpUrl}/v1/embeddings`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.accessToken}`, "content-type": "application/json" },
    body: JSON.stringify({ input: "Hi" }),
    signal: stop.signal,
  });
  expect(response.headers.get("content-type")).toBe("audio/mpeg");
  const { value } = (await response.body?.getReader().read()) ?? {};
  expect(Buffer.from(value ?? []).toString()).toBe("first");
  stop.abort();
  await left.promise;
});
