/**
 * A loopback server that speaks the OpenAI wire (`/v1/chat/completions` as SSE, `/v1/models`) and, when asked, Ollama's
 * `/api/tags` and `/api/show`. It answers from a script (openai-script.ts), records every request and can fail in every
 * way a real server does.
 *
 * In a test:
 *
 *     await using double = await startOpenAiDouble(stream(say("Hello", " world")));
 *     // ... point the code under test at double.url ...
 *     expect(double.requests[0]?.prompt).toBe("Hi");
 *
 * Holding an answer half way, and seeing that an abort arrives:
 *
 *     const held = gate();
 *     double.script(stream(say("one "), held.step, say("two")));
 *     const request = await double.request(0);   // resolves when it has come
 *     held.open();
 *     expect(await request.over).toBe("complete");
 *
 * As a program: `node tests/doubles/openai-server.ts --port 0` prints its URL; see openai-program.ts for its flags.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { runProgram } from "./openai-program.ts";
import type { ChatRequest, Reply, Script, WireBody } from "./openai-script.ts";
import { writeRecorded, writeStream } from "./openai-stream.ts";

export interface OpenAiDoubleOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** What `/v1/models` lists; default ["double"]. */
  readonly models?: readonly string[];
  /** The whole answer of `/v1/models` instead. */
  readonly modelsBody?: unknown;
  /** Makes it an Ollama too: model name -> capabilities, e.g. { "llama3.2:latest": ["completion", "tools"] }. */
  readonly ollama?: Readonly<Record<string, readonly string[]>>;
  /** Ollama's routes take the request and never answer. */
  readonly ollamaHangs?: boolean;
  /** When set, requests without `Bearer <key>` get 401. */
  readonly key?: string;
}

export interface OpenAiDouble extends AsyncDisposable {
  /** Base URL for PIPIT_MODEL_URL, e.g. "http://127.0.0.1:41234/v1". */
  readonly url: string;
  /** Base URL for an Ollama, without "/v1". */
  readonly origin: string;
  /** Chat-completions requests so far. */
  readonly requests: readonly ChatRequest[];
  /** All requests as "METHOD /path", also the probes. */
  readonly seen: readonly string[];
  /** Resolves when the request with this index has come. */
  request(index: number): Promise<ChatRequest>;
  /** Forgets the requests so far: the next is the first. */
  forget(): void;
  /** Replaces the script from the next request on; a list starts at its beginning. */
  script(script: Script): void;
  /** Replaces what `/v1/models` lists. */
  setModels(models: readonly string[]): void;
  /** Replaces what Ollama's routes know; undefined: no Ollama here (404). */
  setOllama(models: Readonly<Record<string, readonly string[]>> | undefined): void;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Starts the double on 127.0.0.1. Disposing cuts what is still open. */
export async function startOpenAiDouble(
  script: Script,
  options: OpenAiDoubleOptions = {},
): Promise<OpenAiDouble> {
  const state = createState(script, options);
  const server = createServer((request, response) => {
    state.seen.push(`${request.method} ${request.url}`);
    void serve(state, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `${origin}/v1`,
    origin,
    requests: state.requests,
    seen: state.seen,
    request: (index) => waitForRequest(state, index),
    forget: () => void state.requests.splice(0),
    script: (next) => {
      state.replyTo = replier(next);
    },
    setModels: (models) => {
      state.models = models;
    },
    setOllama: (models) => {
      state.ollama = models;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface State {
  readonly requests: ChatRequest[];
  readonly seen: string[];
  readonly waiters: Map<number, ((request: ChatRequest) => void)[]>;
  models: readonly string[];
  readonly modelsBody: unknown;
  readonly key: string | undefined;
  readonly ollamaHangs: boolean;
  ollama: Readonly<Record<string, readonly string[]>> | undefined;
  replyTo: (request: ChatRequest) => Reply;
}

function createState(script: Script, options: OpenAiDoubleOptions): State {
  return {
    requests: [],
    seen: [],
    waiters: new Map(),
    models: options.models ?? ["double"],
    modelsBody: options.modelsBody,
    key: options.key,
    ollamaHangs: options.ollamaHangs ?? false,
    ollama: options.ollama,
    replyTo: replier(script),
  };
}

function replier(script: Script): (request: ChatRequest) => Reply {
  if (typeof script === "function") return script;
  if (!isList(script)) return () => script;
  let next = 0;
  return () => {
    const reply = script[Math.min(next, script.length - 1)];
    next += 1;
    if (reply === undefined) throw new Error("The double's script is an empty list.");
    return reply;
  };
}

function isList(script: Script): script is readonly Reply[] {
  return Array.isArray(script);
}

function waitForRequest(state: State, index: number): Promise<ChatRequest> {
  const known = state.requests[index];
  if (known !== undefined) return Promise.resolve(known);
  return new Promise((resolve) => {
    state.waiters.set(index, [...(state.waiters.get(index) ?? []), resolve]);
  });
}

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? "/", "http://double").pathname;
  const text = await readBody(request);
  if (path === "/api/tags" || path === "/api/show") return serveOllama(state, path, text, response);
  if (state.key !== undefined && request.headers.authorization !== `Bearer ${state.key}`) {
    return sendJson(response, 401, { error: { message: "Incorrect API key provided." } });
  }
  if (path === "/v1/models") {
    if (state.modelsBody !== undefined) return sendJson(response, 200, state.modelsBody);
    const names = state.ollama === undefined ? state.models : Object.keys(state.ollama);
    return sendJson(response, 200, { object: "list", data: names.map((id) => ({ id, object: "model" })) });
  }
  if (path === "/__requests") return sendJson(response, 200, timings(state));
  if (path !== "/v1/chat/completions")
    return sendJson(response, 404, { error: { message: "No such page." } });
  await serveChat(state, request, response, JSON.parse(text) as WireBody);
}

function serveOllama(state: State, path: string, text: string, response: ServerResponse): void {
  if (state.ollamaHangs) return;
  if (state.ollama === undefined) return sendJson(response, 404, { error: "not an Ollama" });
  if (path === "/api/tags") {
    const models = Object.entries(state.ollama).map(([name, abilities]) => ({
      name,
      model: name,
      // Other abilities are another model of that name.
      digest: abilities.join("+"),
    }));
    return sendJson(response, 200, { models });
  }
  const { model } = JSON.parse(text) as { model?: string };
  const capabilities = state.ollama[model ?? ""];
  if (capabilities === undefined) return sendJson(response, 404, { error: `model '${model}' not found` });
  sendJson(response, 200, { capabilities });
}

async function serveChat(
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
  body: WireBody,
): Promise<void> {
  const record = makeRecord(state.requests.length, request.headers.authorization, body, response);
  state.requests.push(record);
  for (const tell of state.waiters.get(record.index) ?? []) tell(record);
  state.waiters.delete(record.index);
  const reply = state.replyTo(record);
  switch (reply.kind) {
    case "silent":
      return;
    case "http":
      response.writeHead(reply.status, reply.headers).end(reply.body);
      return;
    case "recorded":
      await writeRecorded(response, reply);
      return;
    case "stream":
      await writeStream(response, record, reply, () => {
        record.firstTextAtMs ??= epochMs();
      });
  }
}

function makeRecord(
  index: number,
  authorization: string | undefined,
  body: WireBody,
  response: ServerResponse,
): Mutable<ChatRequest> {
  const messages = body.messages ?? [];
  const over = Promise.withResolvers<"complete" | "aborted">();
  const record: Mutable<ChatRequest> = {
    index,
    authorization,
    body,
    messages,
    prompt: promptOf(body),
    images: imagesOf(body),
    tools: (body.tools ?? []).flatMap((tool) => tool.function?.name ?? []),
    arrivedAtMs: epochMs(),
    firstTextAtMs: undefined,
    aborted: false,
    over: over.promise,
  };
  response.once("close", () => {
    record.aborted = !response.writableEnded;
    over.resolve(record.aborted ? "aborted" : "complete");
  });
  return record;
}

function promptOf(body: WireBody): string {
  const last = body.messages?.findLast((message) => message.role === "user")?.content;
  if (typeof last === "string") return last;
  return (last ?? []).map((part) => part.text ?? "").join("");
}

function imagesOf(body: WireBody): Uint8Array[] {
  const parts = (body.messages ?? []).flatMap((message) =>
    Array.isArray(message.content) ? message.content : [],
  );
  return parts.flatMap((part: { image_url?: { url: string } }) => {
    const base64 = part.image_url?.url.split(",", 2)[1];
    return base64 === undefined ? [] : [new Uint8Array(Buffer.from(base64, "base64"))];
  });
}

function timings(state: State): unknown {
  return state.requests.map(({ index, prompt, arrivedAtMs, firstTextAtMs, aborted, tools, images }) => ({
    index,
    prompt,
    arrivedAtMs,
    firstTextAtMs,
    aborted,
    tools,
    images: images.length,
  }));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

if (import.meta.main) await runProgram(process.argv.slice(2), startOpenAiDouble);
