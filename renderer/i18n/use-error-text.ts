import { useTranslation } from "react-i18next";
import { isErrorCode } from "#contract/error-codes.ts";

/** An error as it comes from the host. */
export interface Problem {
  readonly code: string;
  readonly message: string;
}

/** An error as a person reads it. */
export interface ErrorText {
  /** What happened, a sentence. */
  readonly what: string;
  /** What to do now, a sentence. */
  readonly cure: string;
  /** What the host said, where it says more (names, limits, addresses); always safe to show. */
  readonly detail?: string;
}

/**
 * Gives the texts of an error in the window's language.
 *
 * @example const errorText = useErrorText(); errorText(failure).what
 */
export function useErrorText(): (error: Problem) => ErrorText {
  const { t } = useTranslation("errors");
  return ({ code, message }) => {
    const known = isErrorCode(code) ? code : "INTERNAL";
    const what = t(`${known}.what`);
    const cure = t(`${known}.cure`);
    const said = message.trim();
    return `${what} ${cure}`.includes(said) ? { what, cure } : { what, cure, detail: said };
  };
}

/** What happened and its cure, in the person's language; the host's own words for what has no text here. */
export function useFailureText(): (failure: Problem) => string {
  const { t } = useTranslation("errors");
  return ({ code, message }) => {
    if (!isErrorCode(code)) return message;
    // Why a model refuses a message stands in its own words only.
    const cure = code === "MODEL_REFUSED" ? message : t(`${code}.cure`);
    return `${t(`${code}.what`)} ${cure}`.trim();
  };
}
