import { describe, expect, test } from "vitest";
import { faults } from "#tests/doubles/openai-script.ts";
import { startEndlessServer } from "#tests/doubles/endless-server.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { defaultModelLimits } from "./model-limits.ts";
import { never } from "./model-test-kit.ts";
import { createOllamaWatch } from "./ollama.ts";

const CHAT = ["completion", "tools"];

/** What is there answers, on a busy machine too. */
const patient = { ...defaultModelLimits, probeTimeoutMs: 30_000 };

function watchAt(url: string, limits = patient) {
  const clock = { at: 0, nowMs: () => clock.at };
  return { clock, watch: createOllamaWatch({ url, clock, limits }) };
}

describe("Ollama watch", () => {
  test("takes the first model that can chat, with what it can do", async () => {
    await using double = await startOpenAiDouble(faults.silent, {
      ollama: { "nomic-embed-text:latest": ["embedding"], "llava:latest": ["completion", "vision"] },
    });
    expect(await watchAt(double.origin).watch.state(never)).toEqual({
      kind: "ready",
      model: "llava:latest",
      abilities: { images: true, tools: false },
      installed: ["llava:latest"],
    });
  });

  test("takes the wanted model, with or without its tag", async () => {
    await using double = await startOpenAiDouble(faults.silent, {
      ollama: { "llava:latest": ["completion", "vision"], "llama3.2:latest": CHAT, "llama3.2:1b": CHAT },
    });
    const modelFor = async (name: string) => watchAt(double.origin).watch.state(never, name);
    expect(await modelFor("llama3.2")).toMatchObject({ kind: "ready", model: "llama3.2:latest" });
    expect(await modelFor("llama3.2:1b")).toMatchObject({
      kind: "ready",
      model: "llama3.2:1b",
      abilities: { images: false, tools: true },
    });
    expect(await modelFor("qwen3")).toMatchObject({ kind: "no-model", wanted: "qwen3" });
  });

  test("without a model it says so; only embedding models do not count", async () => {
    await using double = await startOpenAiDouble(faults.silent, { ollama: {} });
    const empty = { kind: "no-model", wanted: "llama3.2", installed: [] };
    expect(await watchAt(double.origin).watch.state(never)).toEqual(empty);
    double.setOllama({ "nomic-embed-text:latest": ["embedding"] });
    expect(await watchAt(double.origin).watch.state(never)).toMatchObject({ kind: "no-model" });
  });

  test("is absent where nothing, or something else, listens", async () => {
    const double = await startOpenAiDouble(faults.silent);
    expect(await watchAt(double.origin).watch.state(never)).toEqual({ kind: "absent" });
    await double[Symbol.asyncDispose]();
    expect(await watchAt(double.origin).watch.state(never)).toEqual({ kind: "absent" });
  });

  test("a server that does not answer costs a question no more than the probe's time", async () => {
    await using double = await startOpenAiDouble(faults.silent, { ollama: { m: CHAT }, ollamaHangs: true });
    const limits = { ...defaultModelLimits, probeTimeoutMs: 40 };
    expect(await watchAt(double.origin, limits).watch.state(never)).toEqual({ kind: "absent" });
  });

  test("is absent where a list does not end, of which no more is read than a list may have", async () => {
    await using endless = await startEndlessServer();
    const limits = { ...defaultModelLimits, probeTimeoutMs: 3_000 };
    expect(await watchAt(endless.url, limits).watch.state(never)).toEqual({ kind: "absent" });
    expect(await endless.closed).toBeLessThan(64 * 1024 * 1024);
  });

  test("is not asked again while the answer is fresh; many at once ask once", async () => {
    await using double = await startOpenAiDouble(faults.silent, { ollama: { m: CHAT } });
    const { watch, clock } = watchAt(double.origin);
    await Promise.all([watch.state(never), watch.state(never), watch.state(never)]);
    clock.at = defaultModelLimits.probeFreshMs - 1;
    await watch.state(never);
    expect(double.seen).toEqual(["GET /api/tags", "POST /api/show"]);
  });

  test("one that was started since is found by the next question that is not fresh", async () => {
    await using double = await startOpenAiDouble(faults.silent);
    const { watch, clock } = watchAt(double.origin);
    expect((await watch.state(never)).kind).toBe("absent");
    double.setOllama({ m: CHAT });
    clock.at = defaultModelLimits.probeFreshMs;
    expect((await watch.state(never)).kind).toBe("ready");
  });

  test("a known one is used at once while a new look runs beside the question", async () => {
    await using double = await startOpenAiDouble(faults.silent, { ollama: { m: CHAT } });
    const { watch, clock } = watchAt(double.origin);
    await watch.state(never);
    double.setOllama({ other: CHAT });
    clock.at = defaultModelLimits.probeFreshMs;
    expect(await watch.state(never)).toMatchObject({ model: "m" });
    await expect.poll(() => watch.state(never)).toMatchObject({ model: "other" });
    clock.at += defaultModelLimits.probeStaleMs;
    double.setOllama(undefined);
    expect((await watch.state(never)).kind).toBe("absent");
  });

  test.each([undefined, "m"])(
    "a model that was pulled anew can what it can now (wanted: %s)",
    async (wanted) => {
      await using double = await startOpenAiDouble(faults.silent, { ollama: { m: CHAT } });
      const { watch, clock } = watchAt(double.origin);
      expect(await watch.state(never, wanted)).toMatchObject({ abilities: { images: false, tools: true } });
      double.setOllama({ m: ["completion", "vision"] });
      clock.at = defaultModelLimits.probeStaleMs;
      expect(await watch.state(never, wanted)).toMatchObject({ abilities: { images: true, tools: false } });
      const before = double.seen.length;
      clock.at += defaultModelLimits.probeStaleMs;
      await watch.state(never, wanted);
      expect(double.seen.slice(before)).toEqual(["GET /api/tags"]);
    },
  );

  test("models that are wanted by different names are known from one look", async () => {
    await using double = await startOpenAiDouble(faults.silent, { ollama: { a: CHAT, b: ["completion"] } });
    const { watch, clock } = watchAt(double.origin);
    await Promise.all([watch.state(never), watch.state(never, "b"), watch.state(never, "a")]);
    expect(await watch.state(never, "b")).toMatchObject({ model: "b", abilities: { tools: false } });
    clock.at = defaultModelLimits.probeFreshMs - 1;
    expect(await watch.state(never, "c")).toMatchObject({ kind: "no-model", wanted: "c" });
    expect(double.seen).toEqual(["GET /api/tags", "POST /api/show", "POST /api/show"]);
  });

  test("an aborted question does not look", async () => {
    await using double = await startOpenAiDouble(faults.silent, { ollama: { m: CHAT } });
    await expect(watchAt(double.origin).watch.state(AbortSignal.abort())).rejects.toMatchObject({
      code: "CANCELLED",
    });
    expect(double.seen).toEqual([]);
  });
});
