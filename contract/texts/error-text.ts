import { isErrorCode, type ErrorCode } from "#contract/error-codes.ts";
import type { Language } from "#contract/language.ts";
import { englishErrors } from "./error-texts-en.ts";
import { russianErrors } from "./error-texts-ru.ts";

/** A table of what happened and of the cure, each a sentence or two. */
export type ErrorTexts = Readonly<Record<ErrorCode, { readonly what: string; readonly cure: string }>>;

const tables: Readonly<Record<Language, ErrorTexts>> = { en: englishErrors, ru: russianErrors };

/** An error as it comes from a server or host. */
export interface Problem {
  readonly code: string;
  readonly message: string;
}

/** An error as a person reads it. */
export interface ErrorText {
  /** What happened. */
  readonly what: string;
  /** What to do now. */
  readonly cure: string;
  /** What was said in English, where it says more (names, limits, addresses); always safe to show. */
  readonly detail?: string;
}

/** The texts of an error in the person's language. */
export function errorText({ code, message }: Problem, language: Language): ErrorText {
  const known = isErrorCode(code) ? code : "INTERNAL";
  const text = tables[language][known];
  const detail = message.trim();
  return saidOf(englishErrors[known]).includes(detail) ? text : { ...text, detail };
}

/** What happened and its cure, in the person's language; the error's own words for what has no text here. */
export function failureText({ code, message }: Problem, language: Language): string {
  if (!isErrorCode(code)) return message;
  const text = tables[language][code];
  // Why a model refuses a message stands in its own words only.
  return saidOf(code === "MODEL_REFUSED" ? { ...text, cure: message } : text);
}

function saidOf({ what, cure }: ErrorText): string {
  return `${what} ${cure}`.trim();
}
