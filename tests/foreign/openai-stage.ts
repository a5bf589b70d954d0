import { APIError, OpenAI } from "openai";
import type { ServerConfig } from "#server/config/config.ts";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble, type OpenAiDouble } from "#tests/doubles/openai-server.ts";
import { startTestServer, type TestServer } from "#tests/integration/start-test-server.ts";

/** One pixel. */
export const PNG =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** The least that can be asked. */
export const question = { model: "double", messages: [{ role: "user" as const, content: "Hi" }] };

/** A tool of the client. */
export const weather = {
  type: "function",
  function: {
    name: "weather",
    description: "Tells the weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
} as const;

interface ApiKey {
  readonly id: string;
  readonly key: string;
}

/** A server whose model is a double, and a client of its OpenAI API with an API key. */
export interface OpenAiStage extends AsyncDisposable {
  readonly model: OpenAiDouble;
  readonly server: TestServer;
  readonly openai: OpenAI;
  readonly key: string;
  makeKey(): Promise<ApiKey>;
  client(key: string): OpenAI;
}

export async function startOpenAiStage(config: Partial<ServerConfig> = {}): Promise<OpenAiStage> {
  await using starting = new AsyncDisposableStack();
  const model = starting.use(
    await startOpenAiDouble(stream(say("Hello", " world")), { models: ["double", "other"] }),
  );
  const urls = { url: model.url, ollamaUrl: "http://127.0.0.1:9" };
  const server = starting.use(await startTestServer({ config: { model: urls, ...config } }));
  const client = (apiKey: string): OpenAI =>
    new OpenAI({ baseURL: `${server.httpUrl}/v1`, apiKey, maxRetries: 0 });
  const makeKey = async (): Promise<ApiKey> => {
    const made = await fetch(`${server.httpUrl}/v1/api-keys`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.accessToken}`, "content-type": "application/json" },
      body: JSON.stringify({ name: "a client" }),
    });
    return (await made.json()) as ApiKey;
  };
  const { key } = await makeKey();
  const started = starting.move();
  return {
    model,
    server,
    key,
    openai: client(key),
    makeKey,
    client,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** What the openai package says of a refusal. */
export async function refusal(asking: PromiseLike<unknown>): Promise<unknown> {
  const reason: unknown = await Promise.resolve(asking).catch((error: unknown) => error);
  if (!(reason instanceof APIError)) return reason;
  const { status, code, type, param, message } = reason as APIError;
  return { status, code, type, param, message };
}
