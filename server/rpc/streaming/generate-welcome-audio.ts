import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { BYTES_PER_SECOND, CHANNELS, DTYPE, SAMPLE_RATE_HZ } from "#contract/audio-format.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { StreamingService, WelcomeRequest, WelcomeResponseSchema } from "#proto/streaming_pb.ts";
import type { ServerContext } from "#server/compose/context.ts";
import { abortable } from "#server/domain/abortable.ts";
import { localeOf } from "#server/domain/assistant/context/wording.ts";
import type { SpeechService } from "#server/domain/speech/ports.ts";
import { networkOf } from "../kit/call-context.ts";
import { checkPrompt, readLocale, requireCaller } from "../kit/checks.ts";
import { once } from "./once.ts";
import type { StreamingState } from "./stream-audio.ts";
import { audioChunk } from "./stream-responses.ts";

/** Longest welcome text. Its speech is made whole, since the metadata that comes first tells its length. */
const WELCOME_MAX_CHARS = 600;
const END_WELCOME = "Welcome audio generation completed";
const VOICE_MAX_CHARS = 100;

type WelcomeResponseInit = MessageInitShape<typeof WelcomeResponseSchema>;

/** Speaks a welcome: metadata, audio, `end_message`. Without a voice for the language: VOICE_MISSING (UNAVAILABLE). */
export function createGenerateWelcomeAudio(
  { speech }: Pick<ServerContext, "speech">,
  { running }: Pick<StreamingState, "running">,
): ServiceImpl<typeof StreamingService>["generateWelcomeAudio"] {
  return async function* generateWelcomeAudio(request, context) {
    try {
      const { userId } = requireCaller(context);
      using places = new DisposableStack();
      places.use(running.enter(userId, networkOf(context.values)));
      yield* welcome(speech, request, context.signal);
    } catch (reason) {
      const error = PipitError.from(reason);
      if (!context.signal.aborted) yield { content: { case: "errorMessage", value: error.message } };
      throw error;
    }
  };
}

async function* welcome(
  speech: SpeechService,
  request: WelcomeRequest,
  signal: AbortSignal,
): AsyncGenerator<WelcomeResponseInit, void, void> {
  const text = checkWelcomeText(request.text);
  const locale = localeOf(readLocale(request.language || undefined), text);
  const voice = request.voice.slice(0, VOICE_MAX_CHARS);
  const pieces: Uint8Array[] = [];
  const parts = speech.speak(once(text), { locale, ...(voice === "" ? {} : { voice }) }, signal);
  for await (const part of abortable(parts, signal)) {
    if (part.type === "audio") pieces.push(part.pcm);
  }
  signal.throwIfAborted();
  const { providers } = await speech.status(signal);
  const language = new Intl.Locale(locale).language;
  if (pieces.length === 0) {
    throw new PipitError(
      "VOICE_MISSING",
      `The server has no voice for "${language}". Install espeak-ng there, or set PIPIT_SPEECH_URL; \`pipit doctor\` shows what it has.`,
      { field: "language" },
    );
  }
  const bytes = pieces.reduce((sum, pcm) => sum + pcm.byteLength, 0);
  const durationSec = bytes / BYTES_PER_SECOND;
  const method = providers[language] ?? "";
  yield {
    content: {
      case: "metadata",
      value: { method, durationSec, sampleRate: SAMPLE_RATE_HZ, channels: CHANNELS, dtype: DTYPE },
    },
  };
  for (const pcm of pieces) yield { content: { case: "audioChunk", value: audioChunk(pcm) } };
  yield { content: { case: "endMessage", value: END_WELCOME } };
}

function checkWelcomeText(value: string): string {
  const text = checkPrompt(value).trim();
  if (text.length <= WELCOME_MAX_CHARS) return text;
  throw new PipitError(
    "PROMPT_TOO_LONG",
    `The welcome text is ${text.length} characters long; the limit is ${WELCOME_MAX_CHARS}. Shorten it.`,
    { field: "text" },
  );
}
