import { useTranslation } from "react-i18next";
import { languageOfLocale } from "#contract/language.ts";
import { errorText, failureText, type ErrorText, type Problem } from "#contract/texts/error-text.ts";

/**
 * Gives the texts of an error in the window's language.
 *
 * @example const errorText = useErrorText(); errorText(failure).what
 */
export function useErrorText(): (error: Problem) => ErrorText {
  const { i18n } = useTranslation();
  return (error) => errorText(error, languageOfLocale(i18n.language));
}

/** Gives what happened and its cure in one text. */
export function useFailureText(): (failure: Problem) => string {
  const { i18n } = useTranslation();
  return (failure) => failureText(failure, languageOfLocale(i18n.language));
}
