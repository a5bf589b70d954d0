import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Logger } from "#contract/logger.ts";
import { gate, say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble, type OpenAiDouble } from "#tests/doubles/openai-server.ts";
import { startTestServer, type TestServer } from "#tests/integration/start-test-server.ts";

let model: OpenAiDouble;
let server: TestServer;
const errors: string[] = [];
const logger: Logger = { debug() {}, info() {}, warn() {}, error: (event) => void errors.push(event) };

beforeAll(async () => {
  model = await startOpenAiDouble(stream(say("Hello")), { models: ["double"] });
  const url = { url: model.url, ollamaUrl: "http://127.0.0.1:9" };
  server = await startTestServer({ config: { model: url }, deps: { logger } });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});

function post(path: string, body: string): Promise<Response> {
  const headers = { authorization: `Bearer ${server.accessToken}`, "content-type": "application/json" };
  return fetch(server.httpUrl + path, { method: "POST", headers, body });
}

test("JSON that is nested without end, and a model that is not there, are the client's fault and no error in the log", async () => {
  const deep = `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  const hi = '"model":"double","messages":[{"role":"user","content":"Hi"}]';
  for (const [path, body] of [
    ["/v1/chat/completions", `{${hi},"response_format":${deep}}`],
    [
      "/v1/chat/completions",
      `{${hi},"tools":[{"type":"function","function":{"name":"x","parameters":${deep}}}]}`,
    ],
    ["/v1/responses", `{"model":"double","stream":true,"input":"Hi","metadata":${deep}}`],
    ["/v1/embeddings", `{"input":${deep}}`],
  ] as const) {
    const refused = await post(path, body);
    expect([path, refused.status]).toEqual([path, 400]);
    expect(await refused.json()).toMatchObject({
      error: { type: "invalid_request_error", message: expect.stringContaining("100 levels") },
    });
  }
  expect((await post("/v1/chat/completions", `{${hi.replace("double", "none")}}`)).status).toBe(404);
  expect(errors).toEqual([]);
});

test.each([
  ["/v1/chat/completions", { messages: [{ role: "user", content: "Hi" }] }, '"role":"assistant"'],
  ["/v1/responses", { input: "Hi" }, "event: response.created"],
])(
  "%s begins after 15 s without a word, and then shows every 15 s that it lives",
  async (path, asked, begin) => {
    const held = gate();
    model.forget();
    model.script(stream(held.step, say("Hello")));
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const asking = post(path, JSON.stringify({ ...asked, model: "double", stream: true }));
      await model.request(0);
      vi.advanceTimersByTime(15_000);
      const reader = (await asking).body?.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      const readUntil = async (wanted: string): Promise<void> => {
        while (!text.includes(wanted)) {
          const { done, value = "" } = (await reader?.read()) ?? { done: true };
          if (done) throw new Error(`ended after ${text}`);
          text += value;
        }
      };
      await readUntil(begin);
      vi.advanceTimersByTime(15_000);
      await readUntil(": ping\n\n");
      held.open();
      await readUntil("[DONE]");
      expect(text.match(/: ping/g)).toHaveLength(1);
      expect(text).toContain("Hello");
    } finally {
      vi.useRealTimers();
      held.open();
    }
  },
);
