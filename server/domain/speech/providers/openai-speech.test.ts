import { describe, expect, test } from "vitest";
import { startForgetfulServer } from "#tests/doubles/forgetful-server.ts";
import { startSpeechServer, type SpeechFault } from "#tests/doubles/speech-server.ts";
import { rms, samplesOf, toneHz } from "#server/testing/measure.ts";
import { createOpenAiSpeech } from "./openai-speech.ts";
import type { OwnedSpeechProvider } from "./provider.ts";

const request = { text: "Hello there.", language: "en" };

async function speak(provider: OwnedSpeechProvider, signal: AbortSignal = new AbortController().signal) {
  const pieces: Uint8Array[] = [];
  const rates = new Set<number>();
  for await (const piece of provider.synthesize(request, signal)) {
    pieces.push(piece.pcm);
    rates.add(piece.sampleRateHz);
  }
  return { bytes: Buffer.concat(pieces), rates: [...rates] };
}

describe("createOpenAiSpeech", () => {
  test("asks for PCM with the configured model, voice and key, and streams it", async () => {
    await using server = await startSpeechServer();
    await using provider = createOpenAiSpeech({
      url: server.url,
      model: "kokoro",
      key: "k-1",
      voice: "nova",
    });
    const { bytes, rates } = await speak(provider);
    expect(rates).toEqual([24_000]);
    expect(bytes.length).toBe(48_000);
    const samples = samplesOf([bytes]);
    expect(Math.abs(toneHz(samples, 24_000) - 440)).toBeLessThan(0.5);
    expect(rms(samples)).toBeGreaterThan(10_000);
    expect(server.requests).toMatchObject([
      {
        authorization: "Bearer k-1",
        body: { model: "kokoro", voice: "nova", input: "Hello there.", response_format: "pcm" },
      },
    ]);
  });

  test("sends no made-up key, and takes the full address too", async () => {
    await using server = await startSpeechServer();
    await using provider = createOpenAiSpeech({ url: `${server.url}/audio/speech` });
    expect((await speak(provider)).bytes.length).toBe(48_000);
    expect(server.requests[0]?.authorization).toBeUndefined();
  });

  test("W2: a pooled connection that the service closed costs no sentence its voice", async () => {
    const sound = { type: "audio/pcm", body: "\u0001".repeat(9_600) };
    await using server = await startForgetfulServer(sound);
    await using provider = createOpenAiSpeech({ url: `${server.origin}/v1` });
    await server.askUntilClosed(async () => expect((await speak(provider)).bytes.length).toBe(9_600));
  });

  test("takes a WAVE stream from servers that send nothing else", async () => {
    await using server = await startSpeechServer();
    server.fault = "wav";
    await using provider = createOpenAiSpeech({ url: server.url });
    const { bytes } = await speak(provider);
    expect(bytes.length).toBe(48_000);
  });

  test.each<[SpeechFault, string]>([
    ["unauthorized", "refused"],
    ["error", "failed"],
    ["json", "failed"],
    ["hang", "stalled"],
    ["cut", "unreachable"],
  ])("the fault %s is the failure %s, and its message repeats nothing", async (fault, failure) => {
    await using server = await startSpeechServer();
    server.fault = fault;
    const stallMs = fault === "hang" ? 100 : 60_000;
    await using provider = createOpenAiSpeech({ url: server.url, key: "secret-key", stallMs });
    const error = await speak(provider).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: "SpeechError", failure });
    expect((error as Error).message).not.toMatch(/Hello|secret/u);
  });

  test("nobody listening is unreachable", async () => {
    const server = await startSpeechServer();
    await server[Symbol.asyncDispose]();
    await using provider = createOpenAiSpeech({ url: server.url });
    await expect(speak(provider)).rejects.toMatchObject({ failure: "unreachable" });
    expect(await provider.check(new AbortController().signal)).toMatchObject({ works: false });
  });

  test("an abort closes the connection and throws the signal's reason", async () => {
    const gate = Promise.withResolvers<void>();
    await using server = await startSpeechServer({
      beforePiece: (piece) => (piece < 2 ? Promise.resolve() : gate.promise),
    });
    await using provider = createOpenAiSpeech({ url: server.url });
    const controller = new AbortController();
    const reason = new Error("stop");
    await expect(async () => {
      for await (const piece of provider.synthesize(request, controller.signal)) {
        expect(piece.pcm.length).toBeGreaterThan(0);
        controller.abort(reason);
      }
    }).rejects.toBe(reason);
    await server.requests[0]?.abandoned;
    gate.resolve();
  });

  test("its check tells what is wrong and is kept for a while", async () => {
    await using server = await startSpeechServer();
    const { signal } = new AbortController();
    await using working = createOpenAiSpeech({ url: server.url });
    expect(await working.check(signal)).toEqual({
      works: true,
      detail: `the speech service at ${new URL(server.url).host} speaks`,
    });
    await working.check(signal);
    expect(server.requests).toHaveLength(1);
    server.fault = "unauthorized";
    await using refused = createOpenAiSpeech({ url: server.url });
    expect((await refused.check(signal)).detail).toContain("PIPIT_SPEECH_KEY");
  });
});
