import { SAMPLE_RATE_HZ } from "#contract/audio-format.ts";
import type { SpeexModule } from "@echogarden/speex-resampler-wasm/simd";

/** Speex quality 0 to 10; 5 keeps speech clean and costs about 0.5 % of a core in real time. */
const QUALITY = 5;
const INPUT_SAMPLES = 2048;

/** Brings one stream of mono samples to 48 kHz; stateful, so pieces join without clicks. */
export interface Resampler extends Disposable {
  push(samples: Int16Array): Int16Array;
  /** The stream is over: gives out what the filter still holds. */
  end(): Int16Array;
}

/** Makes resamplers; loads the WebAssembly module with the first one. */
export interface ResamplerFactory {
  /** @throws Error for a rate outside 4 to 384 kHz. */
  create(inRateHz: number): Promise<Resampler>;
}

/** A factory that costs nothing until its first use. */
export function createResamplerFactory(): ResamplerFactory {
  let loading: Promise<SpeexModule> | undefined;
  return {
    async create(inRateHz) {
      if (!Number.isInteger(inRateHz) || inRateHz < 4_000 || inRateHz > 384_000) {
        throw new Error(`Speech at ${inRateHz} Hz cannot be played.`);
      }
      if (inRateHz === SAMPLE_RATE_HZ) return unchanged;
      loading ??= import("@echogarden/speex-resampler-wasm/simd").then((module) => module.default());
      return speexResampler(await loading, inRateHz);
    },
  };
}

const unchanged: Resampler = {
  push: (samples) => samples,
  end: () => new Int16Array(0),
  [Symbol.dispose]: () => undefined,
};

function speexResampler(speex: SpeexModule, inRateHz: number): Resampler {
  const outCapacity = Math.ceil((INPUT_SAMPLES * SAMPLE_RATE_HZ) / inRateHz) + 64;
  const input = speex._malloc(INPUT_SAMPLES * 2);
  const output = speex._malloc(outCapacity * 2);
  const lengths = speex._malloc(8);
  const state = speex._speex_resampler_init(1, inRateHz, SAMPLE_RATE_HZ, QUALITY, lengths);
  // Without this the sentence would begin with the filter's delay as silence.
  speex._speex_resampler_skip_zeros(state);

  function process(samples: Int16Array): Int16Array {
    const parts: Int16Array[] = [];
    for (let at = 0; at < samples.length;) {
      const block = samples.subarray(at, at + INPUT_SAMPLES);
      speex.HEAP16.set(block, input / 2);
      speex.HEAPU32[lengths / 4] = block.length;
      speex.HEAPU32[lengths / 4 + 1] = outCapacity;
      const code = speex._speex_resampler_process_int(state, 0, input, lengths, output, lengths + 4);
      if (code !== 0) throw new Error(`The resampler failed with code ${code}.`);
      at += speex.HEAPU32[lengths / 4] ?? 0;
      const produced = speex.HEAPU32[lengths / 4 + 1] ?? 0;
      parts.push(speex.HEAP16.slice(output / 2, output / 2 + produced));
    }
    return concatSamples(parts);
  }

  return {
    push: process,
    end: () => process(new Int16Array(speex._speex_resampler_get_input_latency(state))),
    [Symbol.dispose]() {
      speex._speex_resampler_destroy(state);
      for (const pointer of [input, output, lengths]) speex._free(pointer);
    },
  };
}

/** One array of all parts; the very part if it is alone. */
export function concatSamples(parts: readonly Int16Array[]): Int16Array {
  const [first, second] = parts;
  if (first === undefined) return new Int16Array(0);
  if (second === undefined) return first;
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
