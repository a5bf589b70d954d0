import { describe, expect, test } from "vitest";
import { rms, samplesOf } from "#server/testing/measure.ts";
import { createFlite } from "./flite.ts";
import { FliteProcess } from "./flite-process.ts";
import { limitMs } from "#tests/testing/test-size.ts";

const { signal } = new AbortController();
const text = "Hello there, this is the built-in voice speaking one whole sentence.";

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("the built-in voice", () => {
  test("speaks English at 16 kHz with real sound, and nothing else", async () => {
    await using provider = createFlite(new FliteProcess());
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
    await using provider = createFlite(new FliteProcess());
    const spoken = await Array.fromAsync(
      provider.synthesize({ text: "“Café” — naïve… -v slt --help", language: "en" }, signal),
    );
    expect(spoken.length).toBeGreaterThan(0);
    expect(await Array.fromAsync(provider.synthesize({ text: "мир", language: "en" }, signal))).toEqual([]);
  });

  test("costs nothing until its first use and says whether it is there", async () => {
    await using process = new FliteProcess();
    await using provider = createFlite(process);
    expect(await provider.check(signal)).toMatchObject({ works: true });
    provider.warm?.("ru");
    expect(process.pid).toBeUndefined();
    provider.warm?.("en");
    expect(process.pid).toBeGreaterThan(0);
  });
});

describe("FliteProcess", () => {
  test("sentences wait for each other and use one process", async () => {
    await using flite = new FliteProcess();
    const all = [
      flite.speak(text, "slt", signal),
      flite.speak(text, "slt", signal),
      flite.speak("Hi.", "slt", signal),
    ];
    const { pid } = flite;
    const [first, second, third] = await Promise.all(all);
    expect(Buffer.from(first ?? []).equals(Buffer.from(second ?? []))).toBe(true);
    expect(third?.length).toBeLessThan(first?.length ?? 0);
    expect(flite.pid).toBe(pid);
  });

  test(
    "an abort kills the process, fails only its own sentence, and the next one gets a new process",
    { retry: 2 },
    async () => {
      await using flite = new FliteProcess();
      await flite.speak("Warm.", "slt", signal);
      const pid = flite.pid ?? 0;
      const controller = new AbortController();
      const stopped = flite.speak(text.repeat(20), "slt", controller.signal);
      const waiting = flite.speak("Next.", "slt", signal);
      const reason = new Error("stop");
      const startMs = performance.now();
      controller.abort(reason);
      await expect(stopped).rejects.toBe(reason);
      expect(performance.now() - startMs).toBeLessThan(limitMs(1_000, 100));
      expect((await waiting).length).toBeGreaterThan(1_000);
      expect(flite.pid).not.toBe(pid);
      expect(alive(pid)).toBe(false);
    },
  );

  test("a sentence that is aborted while it waits leaves the process alone", async () => {
    await using flite = new FliteProcess();
    const first = flite.speak(text, "slt", signal);
    const { pid } = flite;
    const controller = new AbortController();
    const second = flite.speak(text, "slt", controller.signal);
    controller.abort(new Error("stop"));
    await expect(second).rejects.toThrow("stop");
    expect((await first).length).toBeGreaterThan(1_000);
    expect(flite.pid).toBe(pid);
    await expect(flite.speak(text, "slt", controller.signal)).rejects.toThrow("stop");
  });

  test("kill -9 in the middle of a sentence fails that sentence, not the next", async () => {
    await using flite = new FliteProcess();
    await flite.speak("Warm.", "slt", signal);
    const hit = flite.speak(text.repeat(20), "slt", signal);
    process.kill(flite.pid ?? 0, "SIGKILL");
    await expect(hit).rejects.toMatchObject({ name: "SpeechError", failure: "failed" });
    expect((await flite.speak("Again.", "slt", signal)).length).toBeGreaterThan(1_000);
  });

  test("disposing ends the process and everything that waits", async () => {
    const flite = new FliteProcess();
    await flite.speak("Warm.", "slt", signal);
    const pid = flite.pid ?? 0;
    const running = flite.speak(text.repeat(20), "slt", signal);
    const waiting = flite.speak("Next.", "slt", signal);
    const both = Promise.allSettled([running, waiting]);
    await flite[Symbol.asyncDispose]();
    expect((await both).map((result) => result.status)).toEqual(["rejected", "rejected"]);
    expect(alive(pid)).toBe(false);
    await expect(flite.speak("More.", "slt", signal)).rejects.toThrow("has been stopped");
  });
});
