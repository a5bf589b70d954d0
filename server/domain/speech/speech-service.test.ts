import { describe, expect, test } from "vitest";
import { startSpeechServer } from "#tests/doubles/speech-server.ts";
import type { Logger } from "#contract/logger.ts";
import type { SpeechPart } from "./ports.ts";
import { createFlite } from "./providers/flite.ts";
import { FliteThread, startFlite } from "./providers/flite-thread.ts";
import { createOpenAiSpeech } from "./providers/openai-speech.ts";
import type { OwnedSpeechProvider } from "./providers/provider.ts";
import { createSpeechService } from "./speech-service.ts";
import { badPieces, collect, largestStep, rms, tokens, toneHz } from "#server/testing/measure.ts";
import { limitMs } from "#tests/testing/test-size.ts";

const quiet = (): void => undefined;
const logger: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const { signal } = new AbortController();
const english = { locale: "en" };
const three = "The first sentence is here. The second sentence is here. The third sentence is here.";

function serviceOf(...providers: readonly OwnedSpeechProvider[]) {
  return createSpeechService({ config: {}, logger, providers });
}

/** Waits until something is true, without a fixed delay. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe("createSpeechService", () => {
  test("speaks a network voice as 48 kHz pieces without clicks", async () => {
    await using server = await startSpeechServer({ durationSeconds: 1 });
    await using service = createSpeechService({ config: { url: server.url, voice: "nova" }, logger });
    const spoken = await collect(service.speak(tokens(three), english, signal));
    expect(spoken.notices).toEqual([]);
    expect(badPieces(spoken.pieces)).toBe(0);
    expect(spoken.seconds).toBeGreaterThan(3);
    expect(spoken.seconds).toBeLessThan(3.3);
    expect(rms(spoken.samples)).toBeGreaterThan(9_000);
    expect(Math.abs(toneHz(spoken.samples.subarray(500, 47_500)) - 440)).toBeLessThan(0.5);
    expect(largestStep(spoken.samples)).toBeLessThan(1_200);
    expect(server.requests.map((request) => request.body["input"])).toEqual([
      "The first sentence is here.",
      "The second sentence is here.",
      "The third sentence is here.",
    ]);
    expect(server.requests[0]?.body["voice"]).toBe("nova");
  });

  test("makes exactly one sentence ahead", async () => {
    await using server = await startSpeechServer();
    await using service = serviceOf(createOpenAiSpeech({ url: server.url }));
    const parts = service.speak(tokens(three), english, signal)[Symbol.asyncIterator]();
    await parts.next();
    await until(() => server.requests.length >= 2);
    for (let pieces = 0; pieces < 20; pieces += 1) await parts.next();
    expect(server.requests).toHaveLength(2);
    let taken = 0;
    while (server.requests.length < 3) {
      await parts.next();
      taken += 1;
    }
    expect(taken).toBeGreaterThan(1);
    await parts.return?.();
  });

  test("the first sound comes while the model still writes", async () => {
    await using server = await startSpeechServer();
    await using service = serviceOf(createOpenAiSpeech({ url: server.url }));
    const gate = Promise.withResolvers<void>();
    async function* text(): AsyncGenerator<string, void> {
      yield "This sentence is over. And";
      await gate.promise;
      yield " this one comes late.";
    }
    const parts = service.speak(text(), english, signal)[Symbol.asyncIterator]();
    expect((await parts.next()).value).toMatchObject({ type: "audio" });
    gate.resolve();
    await parts.return?.();
  });

  test("a failing voice falls over to the next for that sentence, said once per answer", async () => {
    await using server = await startSpeechServer();
    server.fault = "cut";
    await using service = serviceOf(createOpenAiSpeech({ url: server.url }), createFlite(new FliteThread()));
    const spoken = await collect(service.speak(tokens(three), english, signal));
    expect(spoken.notices).toEqual([
      "VOICE_FALLBACK: The voice openai cannot be reached; flite speaks instead.",
    ]);
    expect(badPieces(spoken.pieces)).toBe(0);
    expect(spoken.seconds).toBeGreaterThan(4);
    // Two sentences are asked for at once, and each once more where its connection has ended.
    expect(server.requests.length).toBeLessThanOrEqual(4);
  });

  test("a language without a voice is text only, said once; the others are spoken", async () => {
    await using service = serviceOf(createFlite(new FliteThread()));
    const text = "Привет, как дела? Это второе предложение. This one is English. А это снова нет.";
    const spoken = await collect(service.speak(tokens(text), { locale: "ru" }, signal));
    expect(spoken.notices).toHaveLength(1);
    expect(spoken.notices[0]).toMatch(/^NO_VOICE: На сервере нет голоса/u);
    expect(spoken.seconds).toBeGreaterThan(0.8);
    expect(spoken.seconds).toBeLessThan(4);
  });

  test("code, and an answer with nothing to say, are silent without a notice", async () => {
    await using service = serviceOf(createFlite(new FliteThread()));
    const spoken = await collect(service.speak(tokens("```js\nlet a = 1;\n```\n🎉 ---\n"), english, signal));
    expect(spoken).toMatchObject({ pieces: [], notices: [] });
  });

  test("a built-in voice that dies loses one sentence, not the answer", async () => {
    const first = startFlite();
    let started = 0;
    const flite = new FliteThread(() => (started++ === 0 ? first : startFlite()));
    await using service = serviceOf(createFlite(flite));
    flite.warm();
    let sent = 0;
    async function* text(): AsyncGenerator<string, void> {
      yield `${"This is a long sentence that takes a while to make, ".repeat(4)}and ends. And`;
      sent += 1;
      first.kill();
      yield " this one is spoken by a new thread.";
    }
    const spoken = await collect(service.speak(text(), english, signal));
    expect(sent).toBe(1);
    expect(spoken.notices).toEqual([expect.stringMatching(/^NO_VOICE: The voice failed/u)]);
    expect(spoken.seconds).toBeGreaterThan(1);
    expect(started).toBe(2);
  });

  // Retried, because the limit is a time and the machine may be busy; bench/voice.ts measures it properly.
  test.each(["openai", "flite"])(
    "an abort stops %s within 100 ms and is thrown",
    { retry: 2 },
    async (name) => {
      const gate = Promise.withResolvers<void>();
      const beforePiece = (piece: number): Promise<void> => (piece < 3 ? Promise.resolve() : gate.promise);
      await using server = await startSpeechServer({ durationSeconds: 3, beforePiece });
      const voice =
        name === "flite" ? createFlite(new FliteThread()) : createOpenAiSpeech({ url: server.url });
      await using service = serviceOf(voice);
      const controller = new AbortController();
      const text =
        `Short one first of all. ${"A long sentence that goes on and on, ".repeat(6)}and ends. `.repeat(3);
      let abortedAtMs = 0;
      const reading = async (): Promise<void> => {
        for await (const part of service.speak(tokens(text), english, controller.signal)) {
          expect(part.type).toBe("audio");
          abortedAtMs ||= performance.now();
          controller.abort(new Error("stop"));
        }
      };
      await expect(reading()).rejects.toThrow("stop");
      expect(performance.now() - abortedAtMs).toBeLessThan(limitMs(10_000, 100));
      await Promise.all(server.requests.map((request) => request.abandoned));
      gate.resolve();
    },
  );

  test("an abort does not wait for a model that says nothing", async () => {
    await using service = serviceOf(createFlite(new FliteThread()));
    async function* text(): AsyncGenerator<string, void> {
      yield "Never finished";
      await new Promise<never>(() => undefined);
    }
    const controller = new AbortController();
    const next = service.speak(text(), english, controller.signal)[Symbol.asyncIterator]().next();
    controller.abort(new Error("stop"));
    await expect(next).rejects.toThrow("stop");
    const late = service.speak(text(), english, controller.signal)[Symbol.asyncIterator]().next();
    await expect(late).rejects.toThrow("stop");
  });

  test("an error of the model comes after the sound of what it said before", async () => {
    await using server = await startSpeechServer({ durationSeconds: 0.3 });
    await using service = serviceOf(createOpenAiSpeech({ url: server.url }));
    async function* text(): AsyncGenerator<string, void> {
      yield "This was said before. And";
      throw new Error("model broke");
    }
    const parts: SpeechPart[] = [];
    const reading = async (): Promise<void> => {
      for await (const part of service.speak(text(), english, signal)) parts.push(part);
    };
    await expect(reading()).rejects.toThrow("model broke");
    expect(parts.length).toBeGreaterThan(5);
  });

  test("disposing ends what runs, even when its listener has stopped reading, and leaves no thread", async () => {
    const runner = startFlite();
    const service = serviceOf(createFlite(new FliteThread(() => runner)));
    const parts = service.speak(tokens(three.repeat(5)), english, signal)[Symbol.asyncIterator]();
    expect((await parts.next()).done).toBe(false);
    await service[Symbol.asyncDispose]();
    await runner.ended;
    await expect(
      (async () => {
        while ((await parts.next()).done !== true);
      })(),
    ).rejects.toThrow("The server stops.");
  });

  test("its status names a provider per language, and what is wrong", async () => {
    await using server = await startSpeechServer();
    server.fault = "unauthorized";
    await using service = serviceOf(createOpenAiSpeech({ url: server.url }), createFlite(new FliteThread()));
    const status = await service.status(signal);
    expect(status.providers).toEqual({ en: "flite" });
    expect(status.detail).toMatch(/refused the key.*flite/u);
  });

  test("making one starts nothing", async () => {
    const flite = new FliteThread();
    await using service = serviceOf(createFlite(flite));
    expect(service).toBeDefined();
    expect(flite.id).toBeUndefined();
  });
});
