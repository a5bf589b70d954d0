import { describe, expect, test } from "vitest";
import { startForgetfulServer } from "#tests/doubles/forgetful-server.ts";
import { raw, refusal } from "#tests/doubles/model-servers/fixture.ts";
import { faults, refuse, say, stream, type Step } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import type { PipitError } from "#contract/pipit-error.ts";
import type { ModelMessage } from "../ports.ts";
import { checkModels } from "./model-check.ts";
import { defaultModelLimits } from "./model-limits.ts";
import { createOllamaWatch } from "./ollama.ts";
import { ask, collect, modelAt, never, shortLimits, textOf } from "./model-test-kit.ts";

// Side by side, because most of it is waiting: long enough that a busy machine, which is late, is not taken for silence.
describe("F6: silence", { concurrent: true }, () => {
  const pauses = (step: Step): Step[] =>
    Array.from({ length: 20 }, () => [{ kind: "pause", ms: 100 } as const, step]).flat();

  test.each([
    ["comments of SSE", pauses({ kind: "raw", raw: ": still here\n\n" })],
    [
      "chunks that say only the role",
      pauses({ kind: "raw", raw: 'data: {"choices":[{"delta":{"role":"assistant"}}]}\n\n' }),
    ],
  ])("%s are life, for as long as they come", async (_, steps) => {
    await using double = await startOpenAiDouble(stream(steps, say("Awake.")));
    // All of it takes longer than the limit, each wait much less.
    const limits = { ...shortLimits, silenceMs: 1_500 };
    const { parts, error } = await collect(modelAt(double.url, { limits }).answer(ask("Hi"), never));
    expect(error).toBeUndefined();
    expect(textOf(parts)).toBe("Awake.");
    expect(double.requests).toHaveLength(1);
  });

  test("a reader who takes its time is not the model's silence", async () => {
    await using double = await startOpenAiDouble(stream(say("one", "two", "three")));
    const texts: string[] = [];
    for await (const part of modelAt(double.url, { limits: shortLimits }).answer(ask("Hi"), never)) {
      if (part.type === "text") texts.push(part.text);
      if (texts.length > 1) continue;
      await new Promise((resolve) => setTimeout(resolve, shortLimits.silenceMs + 100));
    }
    expect(texts).toEqual(["one", "two", "three"]);
  });

  test("the error names the setting", async () => {
    await using double = await startOpenAiDouble(faults.silent);
    const { error } = await collect(modelAt(double.url, { limits: shortLimits }).answer(ask("Hi"), never));
    expect(error).toMatchObject({
      code: "MODEL_TIMEOUT",
      message: expect.stringContaining("PIPIT_MODEL_TIMEOUT"),
    });
  });
});

const answered = {
  type: "text/event-stream",
  body: 'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
};
const installed = { type: "application/json", body: '{"data":[{"id":"a"}],"models":[{"name":"a"}]}' };

describe("W2: the connection", () => {
  test.each([
    ["without a word", ""],
    ["with 408", "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"],
  ])(
    "a pooled one that the server closed %s is replaced, and the question asked once more",
    async (_, words) => {
      await using server = await startForgetfulServer(answered, words);
      const model = modelAt(`${server.origin}/v1`);
      const questions = await server.askUntilClosed(async () => {
        const { parts, error } = await collect(model.answer(ask("Hi"), never));
        expect(error).toBeUndefined();
        expect(textOf(parts)).toBe("Hi");
      });
      // The last was asked in vain on a connection of before, then once on one of its own.
      expect(server.requests).toHaveLength(questions + 1);
      expect(server.requests.at(-1)).toBe(questions);
    },
  );

  test.each([
    [
      "a list of models",
      async (origin: string) => {
        const endpoint = { kind: "saved", baseUrl: `${origin}/v1`, key: undefined, model: "" } as const;
        return (await checkModels(endpoint, 30_000, never)).problem;
      },
    ],
    [
      "Ollama",
      async (url: string) => {
        const limits = { ...defaultModelLimits, probeTimeoutMs: 30_000 };
        const { kind } = await createOllamaWatch({ url, clock: { nowMs: () => 0 }, limits }).state(never);
        return kind === "ready" ? undefined : kind;
      },
    ],
  ])("a pooled one that the server closed is nothing that %s is missing for", async (_, faultOf) => {
    await using server = await startForgetfulServer(installed);
    await server.askUntilClosed(async () => expect(await faultOf(server.origin)).toBeUndefined());
  });

  test("a new one that the server closes without a word is a failure, and not asked twice", async () => {
    await using double = await startOpenAiDouble(stream({ kind: "cut" }));
    const { error } = await collect(modelAt(double.url).answer(ask("Hi"), never));
    expect(error).toMatchObject({ code: "MODEL_FAILED" });
    expect(double.requests).toHaveLength(1);
  });

  test.each([
    [307, "/v1/chat/completions?moved", "Hi", 2],
    [308, "http://elsewhere.invalid/v1/chat/completions", "", 1],
    [302, "/login", "", 1],
  ])("a redirect %i to %s", async (status, location, text, asked) => {
    let first = true;
    await using double = await startOpenAiDouble(() => {
      if (!first) return stream(say("Hi"));
      first = false;
      return { kind: "http", status, headers: { location }, body: "" };
    });
    const { parts, error } = await collect(modelAt(double.url).answer(ask("Hi"), never));
    expect(textOf(parts)).toBe(text);
    expect(double.requests).toHaveLength(asked);
    if (text === "") {
      expect(error).toMatchObject({
        code: "MODEL_UNREACHABLE",
        message: expect.stringContaining("PIPIT_MODEL_URL"),
      });
    }
  });
});

describe("F1: a request that will never be taken", () => {
  test("ends the message for good, in the server's own words", async () => {
    await using double = await startOpenAiDouble(refuse(400, "Invalid schema for function 'x'"));
    const { error } = await collect(modelAt(double.url).answer(ask("Hi"), never));
    expect(error).toMatchObject({ code: "MODEL_REFUSED", retryable: false });
    expect((error as PipitError).message).toContain(`"Invalid schema for function 'x'"`);
  });

  test.each([408, 409, 424, 425, 498, 499, 500, 502, 503, 504, 529])("%i is none", async (status) => {
    await using double = await startOpenAiDouble(refuse(status, "Later"));
    const { error } = await collect(modelAt(double.url).answer(ask("Hi"), never));
    expect(error).toMatchObject({ code: "MODEL_FAILED", retryable: true });
  });

  test("F4, W10: its words come without control characters, addresses and the key", async () => {
    const words =
      "Bad \u001b]52;c;AAAA\u0007 \u001b[2J key sk-secret at http://10.0.0.5:8000/x?key=sk-secret and 10.0.0.5:8000, gpu1.lan:8000; see https://console.example.com/docs";
    await using double = await startOpenAiDouble(refuse(400, words));
    const { error } = await collect(modelAt(double.url, { key: "sk-secret" }).answer(ask("Hi"), never));
    const { message, detail } = error as PipitError;
    expect(message).toContain(
      String.raw`Bad \u{1b}]52;c;AAAA\u{7} \u{1b}[2J key *** at (address) and (address), (address); see https://console.example.com/docs`,
    );
    expect(detail).toContain("10.0.0.5:8000");
    expect(detail).not.toContain("sk-secret");
  });
});

describe("W10: a gateway's words about the servers behind it", () => {
  test.each([
    [
      "Cannot connect to host ollama-gpu1:11434 ssl:default [Connect call failed ('172.18.0.3', 11434)]",
      "Cannot connect to host (address) ssl:default [Connect call failed ('(address)', 11434)]",
    ],
    [
      "HTTPConnectionPool(host='vllm-prod', port=8000): Max",
      "HTTPConnectionPool(host=(address), port=8000): Max",
    ],
    [
      "dial tcp: lookup vllm.prod.svc.cluster.local on [fd00::1]:53",
      "dial tcp: lookup (address) on (address)",
    ],
    ["getaddrinfo ENOTFOUND gpubox", "getaddrinfo ENOTFOUND (address)"],
    ["upstream gpu.corp is down", "upstream (address) is down"],
    ["wrong key sk-proj-abcdefghijklmnop1234, gsk_ABCDEFGHIJKLMNOPQRST", "wrong key ***, ***"],
    ["Authorization: Bearer abcdefgh.ijklmnop", "Authorization: Bearer ***"],
    ["failed to load '/home/anna/models/q.gguf'", "failed to load '(file)'"],
    ["cannot open C:\\Models\\q.gguf: no such file", "cannot open (file) no such file"],
    ["unix socket /run/vllm/api.sock is gone", "unix socket (file) is gone"],
    ["ConnectionError: vllm-prod:8000", "ConnectionError: (address)"],
    ["in organization `org_01hxyz9876abcd` on TPM", "in organization `(account)` on TPM"],
    ["use /v1 and and/or 1/2; model a-b/c:7b", "use /v1 and and/or 1/2; model a-b/c:7b"],
    [
      "host is unreachable; risk-based-limits-of-models; at 12:30",
      "host is unreachable; risk-based-limits-of-models; at 12:30",
    ],
  ])("come without addresses and keys: %s", async (words, shown) => {
    await using double = await startOpenAiDouble(refuse(500, words));
    const { error } = await collect(modelAt(double.url).answer(ask("Hi"), never));
    expect((error as PipitError).message).toContain(`"${shown}"`);
  });
});

describe("F11: a chat that is longer than the model holds", () => {
  const chat = (turns: number): ModelMessage[] =>
    Array.from({ length: turns }, (_, at): ModelMessage[] => [
      { role: "user", text: `Question ${at} `.repeat(40) },
      { role: "assistant", text: `Answer ${at} `.repeat(40) },
    ]).flat();
  const tooLong = (needed: number) =>
    refuse(400, `maximum context length is 1000 tokens. However, you requested ${needed} tokens.`);

  test("is asked once more with as many of the newest turns as fit", async () => {
    await using double = await startOpenAiDouble([tooLong(2_000), stream(say("Fine."))]);
    const messages: ModelMessage[] = [
      { role: "system", text: "Be short." },
      ...chat(10),
      { role: "user", text: "And?" },
    ];
    const { parts } = await collect(modelAt(double.url).answer(ask("", { messages }), never));
    expect(textOf(parts)).toBe("Fine.");
    const sent = double.requests[1]?.messages.map(
      ({ role, content }) => `${role} ${String(content).slice(0, 10)}`,
    );
    expect(sent).toEqual([
      "system Be short.",
      "user Question 7",
      "assistant Answer 7 A",
      "user Question 8",
      "assistant Answer 8 A",
      "user Question 9",
      "assistant Answer 9 A",
      "user And?",
    ]);
  });

  test("and only once; then it is PROMPT_TOO_LONG with the numbers", async () => {
    await using double = await startOpenAiDouble([tooLong(2_000), tooLong(1_001)]);
    const messages = [...chat(3), { role: "user", text: "And?" } as const];
    const { error } = await collect(modelAt(double.url).answer(ask("", { messages }), never));
    expect(error).toMatchObject({
      code: "PROMPT_TOO_LONG",
      message: expect.stringContaining("1,001 tokens of at most 1,000"),
    });
    expect(double.requests).toHaveLength(2);
  });

  test("413 with a picture is about the picture", async () => {
    await using double = await startOpenAiDouble([
      refusal(413, "<html><head><title>413 Request Entity Too Large</title></head></html>", "text/html"),
      stream(say("Blind.")),
    ]);
    const image = new Uint8Array([0xff, 0xd8, 0xff]);
    const { parts } = await collect(
      modelAt(double.url).answer(
        ask("", { messages: [{ role: "user", text: "?", images: [image] }] }),
        never,
      ),
    );
    expect(textOf(parts)).toBe("Blind.");
  });
});

test("an answer that never ends its one event is given up, not kept", async () => {
  const mebibyte = "x".repeat(1024 * 1024);
  await using double = await startOpenAiDouble(
    raw("text/event-stream", "data: {", ...Array.from({ length: 17 }, () => mebibyte)),
  );
  const { error } = await collect(modelAt(double.url).answer(ask("Hi"), never));
  expect(error).toMatchObject({ code: "MODEL_FAILED", message: expect.stringContaining("16 MiB") });
});
