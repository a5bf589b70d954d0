import type { PcmPiece, SynthesisRequest } from "../ports.ts";
import { wavPieces } from "./wav-stream.ts";
import { commandOutput, commandText } from "./command.ts";
import { plainText } from "./plain-text.ts";
import type { OwnedSpeechProvider } from "./provider.ts";

/**
 * The system's eSpeak NG. The text goes through standard input (`--stdin`), as UTF-8 (`-b 1`), never as SSML (no `-m`).
 * @param command name on the PATH or a path.
 */
export function createEspeakNg(command = "espeak-ng"): OwnedSpeechProvider {
  let voices: Promise<ReadonlyMap<string, ReadonlySet<string>>> | undefined;
  const stop = new AbortController();

  async function installed(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    voices ??= commandText({ command, args: ["--voices"], input: "" }, stop.signal).then(parseEspeakVoices);
    try {
      return await voices;
    } catch {
      // Not installed now; a later question asks again, because it may have been installed since.
      voices = undefined;
      return new Map();
    }
  }

  return {
    name: "espeak-ng",
    supports: async (language) => (await installed()).has(language),
    warm: () => void installed(),
    async *synthesize(request: SynthesisRequest, signal: AbortSignal): AsyncGenerator<PcmPiece, void> {
      const known = (await installed()).get(request.language);
      const voice =
        request.voice !== undefined && known?.has(request.voice) ? request.voice : request.language;
      const call = {
        command,
        args: ["--stdin", "--stdout", "-b", "1", "-z", "-v", voice],
        input: plainText(request.text),
      };
      yield* wavPieces(commandOutput(call, AbortSignal.any([signal, stop.signal])));
    },
    async check() {
      const count = (await installed()).size;
      return count > 0
        ? { works: true, detail: `espeak-ng speaks ${count} languages` }
        : { works: false, detail: "espeak-ng was not found (Debian, Ubuntu: apt install espeak-ng)" };
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
    },
  };
}

/**
 * Languages and their voices from `espeak-ng --voices`: columns Pty, Language, Age/Gender, VoiceName, File. MBROLA
 * voices are listed even when their data is missing, and variants (`!v/`) are no language, so both are left out.
 */
export function parseEspeakVoices(table: string): ReadonlyMap<string, ReadonlySet<string>> {
  const voices = new Map<string, Set<string>>();
  for (const line of table.split("\n").slice(1)) {
    const [, tag, , , file] = line.trim().split(/\s+/u);
    if (tag === undefined || file === undefined || file.startsWith("mb/") || file.startsWith("!v/")) continue;
    const language = tag.split("-")[0] ?? tag;
    const known = voices.get(language) ?? new Set<string>();
    voices.set(language, known.add(tag));
  }
  return voices;
}
