import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import type { Logger } from "#contract/logger.ts";
import { createEspeakNg, parseEspeakVoices } from "./providers/espeak-ng.ts";
import { createSpeechService } from "./speech-service.ts";
import { badPieces, collect, longestQuietMs, rms, tokens } from "#server/testing/measure.ts";
import { limitMs } from "#tests/testing/test-size.ts";

const quiet = (): void => undefined;
const logger: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const { signal } = new AbortController();
const run = promisify(execFile);

/** Children of this process whose command line holds the text. */
async function children(text: string): Promise<readonly string[]> {
  const { stdout } = await run("ps", ["-o", "args=", "--ppid", String(process.pid)]);
  return stdout.split("\n").filter((line) => line.includes(text));
}

async function seconds(text: string, language: string, voice?: string): Promise<number> {
  await using provider = createEspeakNg();
  let bytes = 0;
  const request = { text, language, ...(voice === undefined ? {} : { voice }) };
  for await (const piece of provider.synthesize(request, signal)) bytes += piece.pcm.length;
  return bytes / 2 / 22_050;
}

describe("eSpeak NG", () => {
  test("speaks the languages it really has", async () => {
    await using provider = createEspeakNg();
    expect(await provider.supports("en", signal)).toBe(true);
    expect(await provider.supports("ru", signal)).toBe(true);
    expect(await provider.supports("xx", signal)).toBe(false);
    expect(await provider.supports("variant", signal)).toBe(false);
    expect(await provider.check(signal)).toMatchObject({ works: true });
    await using missing = createEspeakNg("/no/such/espeak-ng");
    expect(await missing.supports("en", signal)).toBe(false);
    expect((await missing.check(signal)).detail).toContain("apt install espeak-ng");
  });

  test("leaves out voices whose data may be missing", () => {
    const table =
      "Pty Language Age/Gender VoiceName File Other\n 5 cy --/M Welsh cel/cy\n 2 hr --/M x mb/mb-cr1\n 5 variant --/M Storm !v/Storm\n";
    expect([...parseEspeakVoices(table)]).toEqual([["cy", new Set(["cy"])]]);
  });

  test("takes text neither for options nor for markup, phonemes or commands", async () => {
    const plain = await seconds("hello there", "en");
    expect(plain).toBeGreaterThan(0.4);
    // As SSML this would be a pause of ten seconds, as a command a crawl.
    expect(await seconds('hello <break time="10s"/> there', "en")).toBeLessThan(6);
    expect(await seconds("hello \u00011S there", "en")).toBeLessThan(plain * 3);
    expect(await seconds("--version", "en")).toBeGreaterThan(0.2);
    // As phonemes this would be as long as the word alone.
    expect(await seconds("hello [[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]]", "en")).not.toBe(plain);
  });

  test("a voice it does not have is not passed on, one it has is", async () => {
    expect(await seconds("hello there", "en", "--path=/tmp")).toBe(await seconds("hello there", "en"));
    expect(await seconds("tomato water", "en", "en-us")).not.toBe(await seconds("tomato water", "en"));
  });

  test("speaks an answer in two languages with short pauses between sentences", async () => {
    await using service = createSpeechService({ config: {}, logger });
    const text =
      "## Answer\n\nThe **weather** is fine today. It rains tomorrow.\n\nКак твои дела сегодня? Всё хорошо.";
    const spoken = await collect(service.speak(tokens(text), { locale: "en" }, signal));
    expect(spoken.notices).toEqual([]);
    expect(badPieces(spoken.pieces)).toBe(0);
    expect(spoken.seconds).toBeGreaterThan(4);
    expect(spoken.seconds).toBeLessThan(11);
    expect(rms(spoken.samples)).toBeGreaterThan(800);
    expect(longestQuietMs(spoken.samples)).toBeLessThanOrEqual(130);
    expect((await service.status(signal)).providers).toMatchObject({ en: "espeak-ng", ru: "espeak-ng" });
  });

  test(
    "what is spoken is in no list of processes, and an abort ends the process within 100 ms",
    { retry: 2 },
    async () => {
      await using service = createSpeechService({ config: {}, logger });
      const controller = new AbortController();
      const long = `Secretword ${"and a very long sentence indeed ".repeat(7)}ends. `.repeat(3);
      let abortedAtMs = 0;
      const reading = async (): Promise<void> => {
        for await (const part of service.speak(tokens(long), { locale: "en" }, controller.signal)) {
          expect(part.type).toBe("audio");
          if (abortedAtMs !== 0) continue;
          expect(await children("Secretword")).toEqual([]);
          abortedAtMs = performance.now();
          controller.abort(new Error("stop"));
        }
      };
      await expect(reading()).rejects.toThrow("stop");
      expect(performance.now() - abortedAtMs).toBeLessThan(limitMs(10_000, 100));
      expect(await children("espeak-ng")).toEqual([]);
    },
  );

  test("no process is left after disposing while it speaks", async () => {
    const service = createSpeechService({ config: {}, logger });
    const text = "This is quite a long sentence that is never listened to until its end. ".repeat(3);
    const parts = service.speak(tokens(text), { locale: "en" }, signal)[Symbol.asyncIterator]();
    await parts.next();
    await service[Symbol.asyncDispose]();
    expect(await children("espeak-ng")).toEqual([]);
  });
});
