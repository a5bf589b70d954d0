import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PcmPiece, SynthesisRequest } from "../ports.ts";
import { wavPieces } from "./wav-stream.ts";
import { commandText } from "./command.ts";
import { plainText } from "./plain-text.ts";
import type { OwnedSpeechProvider } from "./provider.ts";

const SAMPLE_RATE_HZ = 22_050;
/** Voices that macOS has had for long and that sound natural; the first one installed is taken. */
const preferred = ["Samantha", "Alex", "Ava", "Daniel", "Karen", "Milena", "Yuri", "Katya"];

/**
 * The voice of macOS. `say` seeks in its output, so it writes a file in a fresh folder that only this person may open,
 * which is removed after the sentence. The text goes through standard input (`-f -`).
 */
export function createSay(command = "say", tempFolder = tmpdir()): OwnedSpeechProvider {
  let voices: Promise<readonly SayVoice[]> | undefined;
  const stop = new AbortController();

  async function installed(): Promise<readonly SayVoice[]> {
    voices ??= commandText({ command, args: ["-v", "?"], input: "" }, stop.signal).then(parseSayVoices);
    try {
      return await voices;
    } catch {
      voices = undefined;
      return [];
    }
  }

  return {
    name: "say",
    supports: async (language) => chooseVoice(await installed(), language) !== undefined,
    warm: () => void installed(),
    async *synthesize(request: SynthesisRequest, signal: AbortSignal): AsyncGenerator<PcmPiece, void> {
      const voice = chooseVoice(await installed(), request.language, request.voice);
      const folder = await mkdtemp(join(tempFolder, "pipit-say-"));
      try {
        const file = join(folder, "sentence.wav");
        const format = ["--file-format=WAVE", `--data-format=LEI16@${SAMPLE_RATE_HZ}`, "-o", file, "-f", "-"];
        const args = voice === undefined ? format : ["-v", voice, ...format];
        await commandText(
          { command, args, input: plainText(request.text) },
          AbortSignal.any([signal, stop.signal]),
        );
        yield* wavPieces([await readFile(file)]);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    async check() {
      const count = new Set((await installed()).map((voice) => voice.language)).size;
      return count > 0
        ? { works: true, detail: `the macOS voices speak ${count} languages` }
        : { works: false, detail: "`say` has no voices (System Settings > Accessibility > Spoken Content)" };
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
    },
  };
}

export interface SayVoice {
  readonly name: string;
  readonly language: string;
}

/** Voices from `say -v '?'`, lines such as `Eddy (German (Germany)) de_DE    # Hallo!`. */
export function parseSayVoices(list: string): readonly SayVoice[] {
  const voices: SayVoice[] = [];
  for (const line of list.split("\n")) {
    const match = /^(\S.*?)\s+([a-z]{2,3})[_-]\S+\s+#/u.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined)
      voices.push({ name: match[1], language: match[2] });
  }
  return voices;
}

function chooseVoice(voices: readonly SayVoice[], language: string, wanted?: string): string | undefined {
  const able = voices.filter((voice) => voice.language === language).map((voice) => voice.name);
  const names = wanted === undefined ? preferred : [wanted, ...preferred];
  return names.find((name) => able.includes(name)) ?? able[0];
}
