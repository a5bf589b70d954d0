import { useTranslation } from "react-i18next";
import type { ActionError } from "../bridge/use-action.ts";
import { useErrorText } from "../i18n/use-error-text.ts";

/** The fields of the profile's forms that a server may refuse; `ownPassword` is the proof, `password` a new one. */
export type ProfileField = "display_name" | "about" | "email" | "password" | "ownPassword" | "code";

/** What the server refused, at its field; `rest` is what belongs to none of these fields. */
export function useFieldErrors(error: ActionError | undefined, fields: readonly ProfileField[]) {
  const { t } = useTranslation("profile");
  const errorText = useErrorText();
  const field = error === undefined ? undefined : fields.find((name) => name === fieldOf(error));
  const textAt = (name: ProfileField): string | undefined => {
    if (error === undefined || name !== field) return undefined;
    if (name !== "code") return t(`wrong.${name}`);
    const { what, cure } = errorText(error);
    return `${what} ${cure}`;
  };
  return { textAt, rest: field === undefined ? error : undefined };
}

function fieldOf({ code, field }: ActionError): string | undefined {
  if (code === "CREDENTIALS_INVALID") return "ownPassword";
  return code === "OTP_REQUIRED" || code === "OTP_INVALID" ? "code" : field;
}
