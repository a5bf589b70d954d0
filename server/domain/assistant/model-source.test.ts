import { describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { faults, say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import type { SavedModel } from "./model-connection.ts";
import { createModelSource, type ModelConfig } from "./model-source.ts";
import { defaultModelLimits } from "./models/model-limits.ts";
import {
  ask,
  askWithImage,
  closedPort,
  collect,
  never,
  silentLogger,
  textOf,
} from "./models/model-test-kit.ts";
import { createOllamaWatch } from "./models/ollama.ts";

const NOBODY = `http://127.0.0.1:${await closedPort()}`;
const picture = new Uint8Array([0xff, 0xd8, 0xff]);

function sourceFor(some: Partial<ModelConfig>, saved?: () => Promise<SavedModel | undefined>) {
  const clock = { at: 0, nowMs: () => clock.at };
  const config = { ollamaUrl: NOBODY, ...some };
  // A machine that stands still for a moment is no Ollama that says nothing.
  const limits = { ...defaultModelLimits, probeTimeoutMs: 20_000 };
  const ollama = createOllamaWatch({ url: config.ollamaUrl, clock, limits });
  const deps = { config, ollama, clock, logger: silentLogger };
  return { source: createModelSource({ ...deps, ...(saved === undefined ? {} : { saved }) }), clock };
}

test("a connection that was saved without a key never gets the key of the configuration", async () => {
  await using double = await startOpenAiDouble(stream(say("Hi")));
  const saved = async () => ({ url: double.url, model: "double" });
  const { source } = sourceFor({ key: "sk-of-another-server" }, saved);
  await collect((await source.current(never)).answer(ask("Hi"), never));
  expect(double.requests[0]?.authorization).toBeUndefined();
});

test("what is wrong with a connection that was saved names the settings, and no address", async () => {
  await using double = await startOpenAiDouble(faults.keyRefused);
  const faultOf = async (saved: SavedModel) => {
    const { source } = sourceFor({}, async () => saved);
    const model = await source.current(never);
    return PipitError.from((await collect(model.answer(ask("Hi"), never))).error).message;
  };
  const told = [
    await faultOf({ url: NOBODY, model: "m" }),
    await faultOf({ url: double.url, model: "m", key: "sk-wrong" }),
  ];
  for (const fault of told)
    expect(fault).toMatch(/^(?!.*(PIPIT_|127\.0\.0\.1)).* in the settings, under Model/);
});

describe("a configured endpoint", () => {
  test("answers with the configured model; Ollama is not looked for", async () => {
    await using double = await startOpenAiDouble(stream(say("Hi")), { ollama: { other: ["completion"] } });
    const { source } = sourceFor({ url: double.url, model: "mine", ollamaUrl: double.origin });
    const model = await source.current(never);
    expect(model.name).toBe("mine");
    expect(textOf((await collect(model.answer(ask("Hi"), never))).parts)).toBe("Hi");
    expect(double.seen).toEqual(["POST /v1/chat/completions"]);
  });

  test("without a model name takes the first one it lists, asked once", async () => {
    await using double = await startOpenAiDouble(stream(say("Hi")), { models: ["alpha", "beta"] });
    const { source } = sourceFor({ url: `${double.url}/` });
    expect((await source.current(never)).name).toBe("alpha");
    expect((await source.current(never)).name).toBe("alpha");
    expect(double.seen).toEqual(["GET /v1/models"]);
  });

  test("that lists nothing asks for a name", async () => {
    await using double = await startOpenAiDouble(stream(), { models: [] });
    await expect(sourceFor({ url: double.url }).source.current(never)).rejects.toMatchObject({
      code: "MODEL_MISSING",
      message: expect.stringContaining("PIPIT_MODEL"),
    });
  });

  test.each([
    ["OpenAI's form", { data: [{ id: "text-embedding-3-small" }, { id: "whisper-1" }, { id: "gpt-5" }] }],
    ["a bare array", [{ id: "bge-reranker-v2" }, { id: "gpt-5" }]],
    ["a bare array of names", ["tts-1", "gpt-5"]],
    ["llama.cpp's models", { models: [{ name: "gpt-5", model: "gpt-5", capabilities: ["completion"] }] }],
    ["Ollama's models", { models: [{ name: "all-minilm:latest" }, { name: "gpt-5", digest: "1" }] }],
    [
      "types",
      {
        data: [
          { id: "a", type: "embeddings" },
          { id: "gpt-5", type: "llm" },
        ],
      },
    ],
    [
      "Mistral's abilities",
      { data: [{ id: "a", capabilities: { completion_chat: false } }, { id: "gpt-5" }] },
    ],
    ["names with an owner", { data: [{ id: "BAAI/bge-m3" }, { id: "intfloat/e5-large" }, { id: "gpt-5" }] }],
    [
      "what only completes",
      { data: [{ id: "davinci-002" }, { id: "gpt-3.5-turbo-instruct" }, { id: "gpt-5" }] },
    ],
    [
      "Groq's models that are switched off",
      {
        data: [
          { id: "a", active: false },
          { id: "gpt-5", active: true },
        ],
      },
    ],
    [
      "OpenRouter's models that draw",
      {
        data: [
          { id: "a", architecture: { output_modalities: ["image"] } },
          { id: "gpt-5", architecture: { output_modalities: ["text", "image"] } },
        ],
      },
    ],
    [
      "GitHub's ids that are addresses",
      [
        { id: "azureml://registries/x/models/e/versions/1", name: "ada-2", task: "embeddings" },
        { id: "azureml://registries/x/models/g/versions/1", name: "gpt-5", task: "chat-completion" },
      ],
    ],
    [
      "LiteLLM's and Xinference's words for a type",
      {
        data: [
          { id: "a", mode: "embedding" },
          { id: "b", model_type: "rerank" },
          { id: "gpt-5", mode: "chat" },
        ],
      },
    ],
  ])("F14: %s: the first model that can chat", async (_, body) => {
    await using double = await startOpenAiDouble(stream(say("Hi")), { modelsBody: body });
    const { source } = sourceFor({ url: double.url });
    expect((await source.current(never)).name).toBe("gpt-5");
    expect(await source.list(never)).toEqual(["gpt-5"]);
  });

  test("F14: looks again after a while, and at once when the model is gone", async () => {
    await using double = await startOpenAiDouble([faults.modelMissing, stream(say("Hi"))], {
      models: ["old", "new"],
    });
    const { source, clock } = sourceFor({ url: double.url });
    const model = await source.current(never);
    double.setModels(["new"]);
    expect((await collect(model.answer(ask("Hi"), never))).error).toMatchObject({ code: "MODEL_MISSING" });
    expect((await source.current(never)).name).toBe("new");
    double.setModels(["newer"]);
    clock.at = 60_000;
    expect((await source.current(never)).name).toBe("new");
    await expect.poll(async () => (await source.current(never)).name).toBe("newer");
  });

  test("F14: a model of the list answers who wants it; another is MODEL_MISSING with the names", async () => {
    await using double = await startOpenAiDouble(stream(say("Hi")), { models: ["alpha", "beta"] });
    const { source } = sourceFor({ url: double.url, model: "pinned" });
    expect(await source.list(never)).toEqual(["pinned", "alpha", "beta"]);
    const model = await source.current(never, "beta");
    await collect(model.answer(ask("Hi"), never));
    expect(double.requests[0]?.body.model).toBe("beta");
    await expect(source.current(never, "gamma")).rejects.toMatchObject({
      code: "MODEL_MISSING",
      message: expect.stringContaining("alpha, beta"),
    });
  });

  test.each([
    ["not there", { url: `${NOBODY}/v1` }, "MODEL_UNREACHABLE"],
    ["refusing the key", { key: "wrong" }, "MODEL_KEY_REFUSED"],
  ])("%s: a named error, and the next question tries again", async (_, config, code) => {
    await using double = await startOpenAiDouble(stream(), { key: "right" });
    const { source } = sourceFor({ url: double.url, ...config });
    await expect(source.current(never)).rejects.toMatchObject({ code });
    await expect(source.current(never)).rejects.toMatchObject({ code });
  });

  test("remembers between questions that a model takes no pictures", async () => {
    await using double = await startOpenAiDouble((request) =>
      request.images.length > 0 ? faults.imageRefused : stream(say("Blind.")),
    );
    const { source } = sourceFor({ url: double.url, model: "m" });
    for (let question = 0; question < 2; question += 1) {
      await collect((await source.current(never)).answer(askWithImage("?", picture), never));
    }
    expect(double.requests.map((request) => request.images.length)).toEqual([1, 0, 0]);
  });

  test("status tells what is there, or what is wrong", async () => {
    await using double = await startOpenAiDouble(stream(), { models: ["m", "n"], key: "right" });
    const statusOf = (config: Partial<ModelConfig>) =>
      sourceFor({ url: double.url, key: "right", ...config }).source.status(never);
    expect(await statusOf({ model: "m" })).toEqual({
      kind: "configured",
      name: "m",
      works: true,
      detail: `m at ${double.origin}`,
    });
    expect(await statusOf({})).toMatchObject({ name: "m", works: true });
    expect((await statusOf({ model: "x" })).detail).toContain("does not list it (it lists m, n)");
    expect(await statusOf({ model: "m", key: "wrong" })).toMatchObject({
      works: false,
      detail: expect.stringContaining("PIPIT_MODEL_KEY"),
    });
    expect(await statusOf({ model: "m", url: `${NOBODY}/v1` })).toMatchObject({ name: "m", works: false });
    // A server without /models may still answer.
    expect(await statusOf({ model: "m", url: `${double.origin}/elsewhere` })).toMatchObject({ works: true });
  });
});

describe("Ollama", () => {
  test("answers on its OpenAI-compatible side, and our key stays at home", async () => {
    await using double = await startOpenAiDouble(stream(say("Hi")), {
      ollama: { "llama3.2:latest": ["completion", "tools"] },
    });
    const { source } = sourceFor({ ollamaUrl: `${double.origin}/`, key: "for-somebody-else" });
    const model = await source.current(never);
    expect(model.name).toBe("llama3.2:latest");
    const { parts } = await collect(model.answer(askWithImage("Hi", picture), never));
    expect(parts.map((part) => part.type)).toEqual(["notice", "text", "usage"]);
    expect(double.requests[0]).toMatchObject({ authorization: undefined, images: [] });
    expect(await source.status(never)).toMatchObject({
      kind: "ollama",
      name: "llama3.2:latest",
      works: true,
    });
  });

  test("F14: answers with the model that is wanted, and lists those that may chat", async () => {
    await using double = await startOpenAiDouble(stream(say("Hi")), {
      ollama: {
        "a:latest": ["completion"],
        "nomic-embed-text:latest": ["embedding"],
        "b:latest": ["completion", "tools"],
      },
    });
    const { source } = sourceFor({ ollamaUrl: double.origin });
    expect(await source.list(never)).toEqual(["a:latest", "b:latest"]);
    expect((await source.current(never, "b")).name).toBe("b:latest");
    await expect(source.current(never, "c")).rejects.toMatchObject({ code: "MODEL_MISSING" });
  });

  test("without a model: MODEL_MISSING with the command", async () => {
    await using double = await startOpenAiDouble(stream(), { ollama: {} });
    const { source } = sourceFor({ ollamaUrl: double.origin });
    const message = "Ollama is running but has no model: run `ollama pull llama3.2`.";
    await expect(source.current(never)).rejects.toMatchObject({ code: "MODEL_MISSING", message });
    expect(await source.status(never)).toMatchObject({ kind: "ollama", works: false, detail: message });
  });

  test("without the wanted model: names what it has", async () => {
    await using double = await startOpenAiDouble(stream(), { ollama: { a: ["completion"] } });
    const { source } = sourceFor({ ollamaUrl: double.origin, model: "b" });
    await expect(source.current(never)).rejects.toMatchObject({
      code: "MODEL_MISSING",
      message: 'Ollama is running but has no model "b" (it has a): run `ollama pull b`.',
    });
  });
});

describe("nothing at all", () => {
  test("is the built-in responder, and its status says how to connect a model", async () => {
    const { source } = sourceFor({});
    expect((await source.current(never)).name).toBe("built-in");
    expect(await source.status(never)).toMatchObject({
      kind: "built-in",
      works: true,
      detail: expect.stringContaining("ollama pull llama3.2"),
    });
  });

  test("becomes Ollama once that has been started", async () => {
    await using double = await startOpenAiDouble(stream());
    const { source, clock } = sourceFor({ ollamaUrl: double.origin });
    expect((await source.current(never)).name).toBe("built-in");
    double.setOllama({ m: ["completion"] });
    clock.at = 3_000;
    expect((await source.current(never)).name).toBe("m");
  });
});

test("an aborted question ends as CANCELLED", async () => {
  await using double = await startOpenAiDouble(stream());
  for (const config of [{ url: double.url }, {}]) {
    const current = sourceFor(config).source.current(AbortSignal.abort());
    await expect(current).rejects.toMatchObject({ code: "CANCELLED" });
  }
});

test("warming needs no server and may be called again", async () => {
  const { source } = sourceFor({});
  await expect(Promise.all([source.warm(), source.warm()])).resolves.toEqual([undefined, undefined]);
});
