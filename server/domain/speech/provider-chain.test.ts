import { describe, expect, test } from "vitest";
import type { Logger } from "#contract/logger.ts";
import { createResamplerFactory } from "./pcm/resampler.ts";
import type { PcmPiece, SpeechPart } from "./ports.ts";
import { createProviderChain } from "./provider-chain.ts";
import type { OwnedSpeechProvider } from "./providers/provider.ts";
import { SpeechError } from "./providers/speech-error.ts";
import { sine } from "#server/testing/measure.ts";

const { signal } = new AbortController();
const sound = new Uint8Array(sine(440, 48_000, 0.2).buffer);
const hello = { text: "Hello.", language: "en" };

/** A provider of our port whose behaviour the test sets. */
function provider(name: string, languages: readonly string[], failure?: () => Error | undefined) {
  const state = { asked: 0, warmed: 0 };
  const made: OwnedSpeechProvider = {
    name,
    supports: (language) =>
      languages.includes("broken")
        ? Promise.reject(new Error("broken"))
        : Promise.resolve(languages.includes(language)),
    warm: () => {
      state.warmed += 1;
    },
    check: () => Promise.resolve({ works: true, detail: name }),
    async *synthesize(): AsyncGenerator<PcmPiece, void> {
      state.asked += 1;
      const error = failure?.();
      if (error !== undefined) throw error;
      yield { pcm: sound, sampleRateHz: 48_000 };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return { made, state };
}

function chainOf(providers: readonly OwnedSpeechProvider[]) {
  const lines: string[] = [];
  const keep = (event: string, fields?: object): void =>
    void lines.push(`${event} ${JSON.stringify(fields)}`);
  const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep };
  const clock = { nowMs: 0 };
  const links = providers.map((made, index) => ({
    provider: made,
    restAfterFailureMs: index === 0 ? 30_000 : 0,
  }));
  return {
    chain: createProviderChain(links, createResamplerFactory(), logger, () => clock.nowMs),
    lines,
    clock,
  };
}

function kinds(parts: readonly SpeechPart[]): readonly string[] {
  return [...new Set(parts.map((part) => (part.type === "audio" ? "audio" : part.text)))];
}

describe("createProviderChain", () => {
  test("the first that speaks the language speaks; one whose look-up breaks is passed over", async () => {
    const broken = provider("a", ["broken"]);
    const russian = provider("b", ["ru"]);
    const english = provider("c", ["en"]);
    const { chain } = chainOf([broken.made, russian.made, english.made]);
    expect(kinds(await Array.fromAsync(chain.speak(hello, "en", signal)))).toEqual(["audio"]);
    expect([broken.state.asked, russian.state.asked, english.state.asked]).toEqual([0, 0, 1]);
    await chain.warm("en", signal);
    expect([russian.state.warmed, english.state.warmed]).toEqual([0, 1]);
  });

  test("a failure goes to the next one, rests the network voice, and is logged once, without the text, until it is over", async () => {
    let failing = true;
    const first = provider("openai", ["en"], () =>
      failing ? new SpeechError("unreachable", "No connection.") : undefined,
    );
    const second = provider("espeak-ng", ["en"]);
    const { chain, lines, clock } = chainOf([first.made, second.made]);
    const notice = "The voice openai cannot be reached; espeak-ng speaks instead.";
    expect(kinds(await Array.fromAsync(chain.speak(hello, "en", signal)))).toEqual([notice, "audio"]);
    clock.nowMs = 29_999;
    expect(kinds(await Array.fromAsync(chain.speak(hello, "en", signal)))).toEqual([notice, "audio"]);
    expect(first.state.asked).toBe(1);
    clock.nowMs = 30_001;
    expect(kinds(await Array.fromAsync(chain.speak(hello, "en", signal)))).toEqual([notice, "audio"]);
    failing = false;
    clock.nowMs = 60_002;
    expect(kinds(await Array.fromAsync(chain.speak(hello, "en", signal)))).toEqual(["audio"]);
    expect(first.state.asked).toBe(3);
    expect(lines).toEqual([
      'speech.provider_failed {"provider":"openai","failure":"unreachable","detail":"No connection."}',
      'speech.provider_back {"provider":"openai"}',
    ]);
  });

  test("no provider, and nothing but failures, are two different notices, in the person's language", async () => {
    const { chain: none } = chainOf([provider("flite", ["en"]).made]);
    const [missing] = await Array.fromAsync(none.speak({ text: "Привет.", language: "ru" }, "ru-RU", signal));
    expect(missing).toMatchObject({ type: "notice", code: "NO_VOICE" });
    expect(kinds([missing as SpeechPart])[0]).toMatch(/нет голоса для языка «русский»/u);
    const [english] = await Array.fromAsync(none.speak({ text: "Привет.", language: "ru" }, "en", signal));
    expect(kinds([english as SpeechPart])[0]).toMatch(/no voice for Russian/u);

    const { chain: failing } = chainOf([provider("flite", ["en"], () => new Error("boom")).made]);
    expect(kinds(await Array.fromAsync(failing.speak(hello, "ru", signal)))[0]).toMatch(
      /^Голос не сработал/u,
    );
  });

  test("an abort is thrown, not taken for a failure", async () => {
    const controller = new AbortController();
    const aborting = provider("a", ["en"], () => {
      controller.abort(new Error("stop"));
      return new Error("connection closed");
    });
    const { chain, lines } = chainOf([aborting.made, provider("b", ["en"]).made]);
    await expect(Array.fromAsync(chain.speak(hello, "en", controller.signal))).rejects.toThrow("stop");
    expect(lines).toEqual([]);
  });
});
