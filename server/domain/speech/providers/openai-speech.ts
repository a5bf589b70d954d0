import type { OpenAI } from "openai";
import { fetchAgain } from "#server/domain/fetch-again.ts";
import type { PcmPiece, SynthesisRequest } from "../ports.ts";
import { wavPieces } from "./wav-stream.ts";
import { SpeechError, type SpeechFailure } from "./speech-error.ts";
import type { OwnedSpeechProvider, ProviderCheck } from "./provider.ts";
import { stallGuard } from "./stall-guard.ts";

/** Rate of `response_format: "pcm"` (OpenAI API reference, "Create speech"). */
const PCM_RATE_HZ = 24_000;
const DEFAULT_MODEL = "tts-1";
const DEFAULT_VOICE = "alloy";
/** Without a byte for this long, the sentence goes to the next provider. */
const STALL_MS = 10_000;
/** What a check found stays true for this long, so that looking at the status does not cost money each time. */
const CHECK_KEPT_MS = 60_000;
const CHECK_TIMEOUT_MS = 5_000;

export interface OpenAiSpeechConfig {
  /** Base such as "http://127.0.0.1:8880/v1"; the full address of `/audio/speech` is taken too. */
  readonly url: string;
  readonly model?: string;
  readonly key?: string;
  readonly voice?: string;
  /** Default 10 s. */
  readonly stallMs?: number;
}

/** An OpenAI-compatible `/v1/audio/speech`, read as a stream. It is taken to speak every language. */
export function createOpenAiSpeech(config: OpenAiSpeechConfig): OwnedSpeechProvider {
  const stallMs = config.stallMs ?? STALL_MS;
  const stop = new AbortController();
  let client: Promise<OpenAI> | undefined;
  let checked: { readonly atMs: number; readonly result: Promise<ProviderCheck> } | undefined;

  async function* request(wanted: SynthesisRequest, signal: AbortSignal): AsyncGenerator<PcmPiece, void> {
    const controller = new AbortController();
    const either = AbortSignal.any([signal, stop.signal, controller.signal]);
    try {
      yield* stallGuard(
        speech(await (client ??= loadClient(config)), config, wanted, either),
        stallMs,
        controller,
      );
    } catch (reason) {
      // A stall first, because the abort it causes looks like a cancel.
      if (controller.signal.aborted) throw controller.signal.reason;
      signal.throwIfAborted();
      throw asSpeechError(reason, config.url);
    } finally {
      controller.abort();
    }
  }

  async function probe(): Promise<ProviderCheck> {
    const where = `the speech service at ${hostOf(config.url)}`;
    try {
      const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
      for await (const piece of request({ text: "OK", language: "en" }, signal)) {
        if (piece.pcm.length > 0) return { works: true, detail: `${where} speaks` };
      }
      return { works: false, detail: `${where} gave no sound (check PIPIT_SPEECH_MODEL)` };
    } catch (reason) {
      return { works: false, detail: `${where} ${cures[SpeechError.from(reason).failure]}` };
    }
  }

  return {
    name: "openai",
    supports: async () => true,
    warm() {
      // The import takes longer than everything else before the first request.
      client ??= loadClient(config);
      client.catch(() => undefined);
    },
    synthesize: request,
    check() {
      if (checked === undefined || performance.now() - checked.atMs > CHECK_KEPT_MS) {
        checked = { atMs: performance.now(), result: probe() };
      }
      return checked.result;
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new SpeechError("failed", "The voice is closed."));
    },
  };
}

const cures: Readonly<Record<SpeechFailure, string>> = {
  refused: "refused the key (set PIPIT_SPEECH_KEY)",
  unreachable: "cannot be reached (check PIPIT_SPEECH_URL and that it runs)",
  stalled: "did not answer in time",
  silent: "gave no sound (check PIPIT_SPEECH_MODEL)",
  failed: "answered with an error (check PIPIT_SPEECH_MODEL and its log)",
};

async function loadClient(config: OpenAiSpeechConfig): Promise<OpenAI> {
  const { OpenAI } = await import("openai");
  return new OpenAI({
    baseURL: config.url.replace(/\/+$/u, "").replace(/\/audio\/speech$/u, ""),
    apiKey: config.key ?? "none",
    // Without a key nothing is sent, rather than a made-up one; what OPENAI_* in the environment says is not meant for us.
    ...(config.key === undefined ? { defaultHeaders: { Authorization: null } } : {}),
    organization: null,
    project: null,
    fetch: fetchAgain,
    maxRetries: 0,
    logLevel: "off",
  });
}

async function* speech(
  client: OpenAI,
  config: OpenAiSpeechConfig,
  wanted: SynthesisRequest,
  signal: AbortSignal,
): AsyncGenerator<PcmPiece, void> {
  const response = await client.audio.speech.create(
    {
      model: config.model ?? DEFAULT_MODEL,
      voice: wanted.voice ?? config.voice ?? DEFAULT_VOICE,
      input: wanted.text,
      response_format: "pcm",
    },
    { signal },
  );
  const type = response.headers.get("content-type") ?? "";
  if (/json|text|html|mpeg|mp3|ogg|opus|flac|aac/iu.test(type) || response.body === null) {
    await response.body?.cancel();
    throw new SpeechError("failed", `The speech service answered with ${type || "nothing"} instead of PCM.`);
  }
  const rateHz = Number(/rate=(\d{4,6})/iu.exec(type)?.[1] ?? PCM_RATE_HZ);
  yield* pcmOrWav(response.body, rateHz);
}

/** Some servers send a WAVE file whatever was asked for; its first four bytes tell. */
async function* pcmOrWav(
  body: AsyncIterable<Uint8Array>,
  sampleRateHz: number,
): AsyncGenerator<PcmPiece, void> {
  const iterator = body[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  try {
    while (head.length < 4) {
      const next = await iterator.next();
      if (next.done === true) break;
      head = Buffer.concat([head, next.value]);
    }
    const rest = resumed(head, iterator);
    if (head.subarray(0, 4).toString("latin1") === "RIFF") yield* wavPieces(rest);
    else for await (const pcm of rest) yield { pcm, sampleRateHz };
  } finally {
    await iterator.return?.();
  }
}

async function* resumed(
  head: Uint8Array,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  if (head.length > 0) yield head;
  for (;;) {
    const next = await iterator.next();
    if (next.done === true) return;
    yield next.value;
  }
}

/** Only the status goes into the message: the body of an error may repeat the text that was to be spoken. */
function asSpeechError(reason: unknown, url: string): SpeechError {
  if (reason instanceof SpeechError) return reason;
  const status = reason instanceof Error && "status" in reason ? reason.status : undefined;
  const failure =
    status === 401 || status === 403 ? "refused" : typeof status === "number" ? "failed" : "unreachable";
  const told = typeof status === "number" ? ` (HTTP ${status})` : "";
  return new SpeechError(failure, `The speech service at ${hostOf(url)} ${cures[failure]}${told}.`, {
    cause: reason,
  });
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "an invalid address";
}
