import { useTranslation } from "react-i18next";
import { isErrorCode } from "#contract/error-codes.ts";

/** What happened and its cure, in the person's language; the host's own words for what has no text here. */
export function useFailureText(): (failure: { readonly code: string; readonly message: string }) => string {
  const { t } = useTranslation("errors");
  return ({ code, message }) =>
    isErrorCode(code) ? `${t(`${code}.what`)} ${t(`${code}.cure`)}`.trim() : message;
}
