import { describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { callTool, faults, refuse, stream, type Reply } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import {
  ask,
  closedPort,
  collect,
  modelAt,
  never,
  shortLimits,
  textOf,
  toolNamed,
  type TestModelOptions,
} from "./model-test-kit.ts";

async function failureOf(reply: Reply, options: TestModelOptions = {}) {
  await using double = await startOpenAiDouble(reply);
  const { parts, error } = await collect(modelAt(double.url, options).answer(ask("Hi"), never));
  expect(error).toBeInstanceOf(PipitError);
  return {
    text: textOf(parts),
    error: error as PipitError,
    origin: double.origin,
    asked: double.requests.length,
  };
}

const SSE = { "content-type": "text/event-stream" };
const UNFINISHED = 'data: {"choices":[{"index":0,"delta":{"content":"Half"}}]}\n\n';

describe("a server that refuses", () => {
  test.each([
    ["401", faults.keyRefused, "MODEL_KEY_REFUSED", /PIPIT_MODEL_KEY/],
    ["403", refuse(403, "Forbidden"), "MODEL_KEY_REFUSED", /PIPIT_MODEL_KEY/],
    ["404", faults.modelMissing, "MODEL_MISSING", /PIPIT_MODEL.*\/v1/],
    ["429", faults.tooMany, "RATE_LIMITED", /Wait/],
    ["429 out of credit", refuse(429, "You exceeded your current quota"), "MODEL_QUOTA", /quota/],
    [
      "429 out of a quota that comes back",
      refuse(429, "You exceeded your current quota. Please retry in 34s."),
      "RATE_LIMITED",
      /quota, for 34 s/,
    ],
    ["429 out of a day's quota", refuse(429, "Quota exceeded: 20 requests per day"), "RATE_LIMITED", /quota/],
    ["500", faults.failed, "MODEL_FAILED", /status 500/],
    ["503", refuse(503, "overloaded"), "MODEL_FAILED", /status 503/],
    [
      "400 too long",
      refuse(400, "maximum context length is 8192 tokens"),
      "PROMPT_TOO_LONG",
      /at most 8,192 tokens/,
    ],
    [
      "400 otherwise",
      refuse(400, "temperature is out of range"),
      "MODEL_REFUSED",
      /temperature is out of range/,
    ],
  ])("with %s: asked once, named, with a cure", async (_, reply, code, message) => {
    const { error, asked, origin } = await failureOf(reply);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(asked).toBe(1);
    // W10: where the operator's model server is stands in the log, not in what every account reads.
    expect(error.message).not.toContain(origin);
    expect(error.detail).toContain(origin);
  });

  test.each([
    [{ "retry-after": "7" }, 7_000],
    [{ "retry-after-ms": "250", "retry-after": "7" }, 250],
    [{ "retry-after": "Sat, 21 Nov 2026 00:00:30 GMT" }, 30_000],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "-1" }, undefined],
    [{ "retry-after": "Fri, 20 Nov 2026 00:00:30 GMT" }, undefined],
  ])("tells when to come back: %j", async (headers, retryAfterMs) => {
    const { error } = await failureOf(refuse(429, "slow down", headers));
    expect(error.retryAfterMs).toBe(retryAfterMs);
  });

  test.each([
    [{ "retry-after": "18000" }, "Wait 5 h and"],
    [{ "retry-after": "Wed, 25 Nov 2026 00:00:00 GMT" }, "Wait 4 days and"],
    [{ "retry-after": "1e12" }, "days and"],
  ])("F1: tells how long, and to look again much sooner: %j", async (headers, words) => {
    const { error } = await failureOf(refuse(429, "slow down", headers));
    expect(error).toMatchObject({ code: "RATE_LIMITED", retryAfterMs: 900_000 });
    expect(error.message).toContain(words);
  });

  test("never gives the key away, not even in the detail, which goes to the log", async () => {
    const key = "sk-very-secret";
    const { error } = await failureOf(refuse(401, `Incorrect API key provided: ${key}`), { key });
    expect(error.detail).toContain("401");
    expect(JSON.stringify([error, error.message, error.detail])).not.toContain(key);
  });
});

describe("a server that is not there", () => {
  test("refused connection: tells the address to the log, without its secrets", async () => {
    const port = await closedPort();
    const { error } = await collect(
      modelAt(`http://127.0.0.1:${port}/v1?token=abc`).answer(ask("Hi"), never),
    );
    expect(error).toMatchObject({ code: "MODEL_UNREACHABLE" });
    const { message, detail } = error as PipitError;
    expect(message).toContain("does not answer (ECONNREFUSED)");
    expect(message).not.toContain(String(port));
    expect(detail).toContain(`http://127.0.0.1:${port}`);
    expect(detail).not.toContain("abc");
  });

  test("unknown host", async () => {
    const { error } = await collect(modelAt("http://no-such-host.invalid/v1").answer(ask("Hi"), never));
    expect(error).toMatchObject({ code: "MODEL_UNREACHABLE" });
  });

  test.each(["http://user:hunter2@127.0.0.1:9/v1", "not a url", "http://127.0.0.1:1/v1"])(
    "an address that cannot be used: %s",
    async (url) => {
      const { error } = await collect(modelAt(url).answer(ask("Hi"), never));
      expect(error).toMatchObject({
        code: "MODEL_UNREACHABLE",
        message: expect.stringContaining("PIPIT_MODEL_URL"),
      });
      expect(JSON.stringify([error, (error as PipitError).message])).not.toContain("hunter2");
    },
  );

  test("Ollama gets its own cure", async () => {
    const url = `http://127.0.0.1:${await closedPort()}/v1`;
    const { error } = await collect(modelAt(url, { kind: "ollama" }).answer(ask("Hi"), never));
    expect(error).toMatchObject({
      code: "MODEL_UNREACHABLE",
      message: expect.stringContaining("`ollama serve`"),
    });
  });
});

describe("a server that breaks off half way", () => {
  test.each([
    ["an error in the stream", faults.failedHalfWay],
    ["a cut connection", faults.cutHalfWay],
  ])("by %s: what came is kept, then MODEL_FAILED", async (_, reply) => {
    const { text, error } = await failureOf(reply);
    expect(text).toBe("Half ");
    expect(error.code).toBe("MODEL_FAILED");
    expect(error.message).toMatch(/Try again/);
  });

  test("by an end without a finish: MODEL_FAILED, not a complete answer", async () => {
    const { error } = await failureOf({ kind: "http", status: 200, headers: SSE, body: UNFINISHED });
    expect(error).toMatchObject({ code: "MODEL_FAILED", message: expect.stringContaining("broke off") });
  });

  test("by a page of HTML instead of a stream: MODEL_FAILED", async () => {
    const html = { "content-type": "text/html" };
    const { error } = await failureOf({ kind: "http", status: 200, headers: html, body: "<html>hi</html>" });
    expect(error.code).toBe("MODEL_FAILED");
  });

  test("in the second step: MODEL_FAILED too", async () => {
    await using double = await startOpenAiDouble([stream(callTool("calculator", {})), faults.failed]);
    const tool = toolNamed("calculator", () => Promise.resolve({ value: 1, summary: "1" }));
    const { parts, error } = await collect(modelAt(double.url).answer(ask("?", { tools: [tool] }), never));
    expect(parts.map((part) => part.type)).toEqual(["tool", "tool"]);
    expect(error).toMatchObject({ code: "MODEL_FAILED" });
  });
});

describe("a server that is silent", { concurrent: true }, () => {
  test.each([
    ["from the start", faults.silent, ""],
    ["after its headers", stream({ kind: "hang" }), ""],
    ["half way", faults.hangHalfWay, "Half "],
  ])("%s: MODEL_TIMEOUT, and the request is given up", async (_, reply, text) => {
    await using double = await startOpenAiDouble(reply);
    const model = modelAt(double.url, { limits: shortLimits });
    const { parts, error } = await collect(model.answer(ask("Hi"), never));
    expect(textOf(parts)).toBe(text);
    expect(error).toMatchObject({ code: "MODEL_TIMEOUT", message: expect.stringContaining("test-model") });
    expect(await (await double.request(0)).over).toBe("aborted");
  });
});
