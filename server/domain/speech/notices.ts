import { languageOfLocale } from "#contract/language.ts";
import type { SpeechPart } from "./ports.ts";
import type { SpeechFailure } from "./providers/speech-error.ts";

export type SpeechNotice = Extract<SpeechPart, { type: "notice" }>;

/** Another voice speaks than the person chose. */
const VOICE_FALLBACK = "VOICE_FALLBACK";
/** Nothing here can speak; the answer is text only. */
const NO_VOICE = "NO_VOICE";

/** The voice stopped half way. */
export const SPEECH_FAILED = "SPEECH_FAILED";

/** Whether a notice is about the voice of this server, and so says nothing of the answer itself. */
export function isOfVoice(code: string): boolean {
  return code === VOICE_FALLBACK || code === NO_VOICE || code === SPEECH_FAILED;
}

const why = {
  en: {
    refused: "refused the key",
    unreachable: "cannot be reached",
    stalled: "does not answer",
    silent: "gives no sound",
    failed: "failed",
  },
  ru: {
    refused: "не принял ключ",
    unreachable: "недоступен",
    stalled: "не отвечает",
    silent: "не даёт звука",
    failed: "не сработал",
  },
} as const satisfies Record<string, Record<SpeechFailure, string>>;

/** "The voice openai cannot be reached; espeak-ng speaks instead." in the person's language. */
export function fallbackNotice(
  from: string,
  failure: SpeechFailure,
  to: string,
  locale: string,
): SpeechNotice {
  const text =
    languageOfLocale(locale) === "ru"
      ? `Голос ${from} ${why.ru[failure]}; вместо него говорит ${to}.`
      : `The voice ${from} ${why.en[failure]}; ${to} speaks instead.`;
  return { type: "notice", code: VOICE_FALLBACK, text };
}

/** Says that a language has no voice on the server, and the cure. */
export function noVoiceNotice(language: string, locale: string): SpeechNotice {
  const name =
    new Intl.DisplayNames([languageOfLocale(locale)], { type: "language" }).of(language) ?? language;
  const text =
    languageOfLocale(locale) === "ru"
      ? `На сервере нет голоса для языка «${name}», поэтому ответ только текстом. Поможет espeak-ng или PIPIT_SPEECH_URL.`
      : `The server has no voice for ${name}, so the answer is text only. Install espeak-ng or set PIPIT_SPEECH_URL.`;
  return { type: "notice", code: NO_VOICE, text };
}

/** Says that every voice of a language failed. */
export function voiceFailedNotice(locale: string): SpeechNotice {
  const text =
    languageOfLocale(locale) === "ru"
      ? "Голос не сработал, часть ответа только текстом. Подробности покажет pipit doctor."
      : "The voice failed, so part of the answer is text only. pipit doctor says more.";
  return { type: "notice", code: NO_VOICE, text };
}
