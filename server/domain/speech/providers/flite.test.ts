import { describe, expect, test } from "vitest";
import { rms, samplesOf } from "#server/testing/measure.ts";
import type { JobRunner } from "#server/domain/jobs/job-runner.ts";
import { createFlite } from "./flite.ts";
import { FliteThread, startFlite } from "./flite-thread.ts";
import { limitMs } from "#tests/testing/test-size.ts";

const { signal } = new AbortController();
const text = "Hello there, this is the built-in voice speaking one whole sentence.";

describe("the built-in voice", () => {
  test("[D1] a thread speaks English at 16 kHz with real sound, and nothing else", async () => {
    await using provider = createFlite(new FliteThread());
    expect(await provider.supports("en", signal)).toBe(true);
    expect(await provider.supports("ru", signal)).toBe(false);
    const pieces: Uint8Array[] = [];
    for await (const piece of provider.synthesize({ text, language: "en" }, signal)) {
      expect(piece.sampleRateHz).toBe(16_000);
      pieces.push(piece.pcm);
    }
    const samples = samplesOf(pieces);
    expect(samples.length / 16_000).toBeGreaterThan(2.5);
    expect(samples.length / 16_000).toBeLessThan(7);
    expect(rms(samples)).toBeGreaterThan(500);
  });

  test("marks that are not ASCII do not stop it; a text without letters it knows gives nothing", async () => {
    await using provider = createFlite(new FliteThread());
    const spoken = await Array.fromAsync(
      provider.synthesize({ text: "“Café” — naïve… -v slt --help", language: "en" }, signal),
    );
    expect(spoken.length).toBeGreaterThan(0);
    expect(await Array.fromAsync(provider.synthesize({ text: "мир", language: "en" }, signal))).toEqual([]);
  });

  test("costs nothing until its first use and says whether it is there", async () => {
    await using thread = new FliteThread();
    await using provider = createFlite(thread);
    expect(await provider.check(signal)).toMatchObject({ works: true });
    provider.warm?.("ru");
    expect(thread.id).toBeUndefined();
    provider.warm?.("en");
    expect(thread.id).toBeGreaterThan(0);
  });
});

describe("FliteThread", () => {
  /** Its threads, the last one first. */
  let runners: JobRunner[];
  const open = () => {
    runners = [];
    return new FliteThread(() => {
      const runner = startFlite();
      runners.unshift(runner);
      return runner;
    });
  };

  test("sentences wait for each other and use one thread", async () => {
    await using flite = new FliteThread();
    const all = [
      flite.speak(text, "slt", signal),
      flite.speak(text, "slt", signal),
      flite.speak("Hi.", "slt", signal),
    ];
    const { id } = flite;
    const [first, second, third] = await Promise.all(all);
    expect(Buffer.from(first ?? []).equals(Buffer.from(second ?? []))).toBe(true);
    expect(third?.length).toBeLessThan(first?.length ?? 0);
    expect(flite.id).toBe(id);
  });

  test(
    "an abort ends the thread, fails only its own sentence, and the next one gets a new thread",
    { retry: 2 },
    async () => {
      await using flite = open();
      await flite.speak("Warm.", "slt", signal);
      const controller = new AbortController();
      const stopped = flite.speak(text.repeat(20), "slt", controller.signal);
      const waiting = flite.speak("Next.", "slt", signal);
      const reason = new Error("stop");
      const startMs = performance.now();
      controller.abort(reason);
      await expect(stopped).rejects.toBe(reason);
      expect(performance.now() - startMs).toBeLessThan(limitMs(10_000, 100));
      expect((await waiting).length).toBeGreaterThan(1_000);
      expect(runners).toHaveLength(2);
      await runners[1]?.ended;
    },
  );

  test("a sentence that is aborted while it waits leaves the thread alone", async () => {
    await using flite = new FliteThread();
    const first = flite.speak(text, "slt", signal);
    const { id } = flite;
    const controller = new AbortController();
    const second = flite.speak(text, "slt", controller.signal);
    controller.abort(new Error("stop"));
    await expect(second).rejects.toThrow("stop");
    expect((await first).length).toBeGreaterThan(1_000);
    expect(flite.id).toBe(id);
    await expect(flite.speak(text, "slt", controller.signal)).rejects.toThrow("stop");
  });

  test("a thread that dies in the middle of a sentence fails that sentence, not the next", async () => {
    await using flite = open();
    await flite.speak("Warm.", "slt", signal);
    const hit = flite.speak(text.repeat(20), "slt", signal);
    runners[0]?.kill();
    await expect(hit).rejects.toMatchObject({ name: "SpeechError", failure: "failed" });
    expect((await flite.speak("Again.", "slt", signal)).length).toBeGreaterThan(1_000);
  });

  test("disposing ends the thread and everything that waits", async () => {
    const flite = open();
    await flite.speak("Warm.", "slt", signal);
    const running = flite.speak(text.repeat(20), "slt", signal);
    const waiting = flite.speak("Next.", "slt", signal);
    const both = Promise.allSettled([running, waiting]);
    await flite[Symbol.asyncDispose]();
    expect((await both).map((result) => result.status)).toEqual(["rejected", "rejected"]);
    await runners[0]?.ended;
    await expect(flite.speak("More.", "slt", signal)).rejects.toThrow("has been stopped");
  });
});
