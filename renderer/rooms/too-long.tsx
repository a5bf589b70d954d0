import { useTranslation } from "react-i18next";
import { ROOM_MESSAGE_MAX_CHARS } from "#contract/limits.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";

/** Why a text cannot be sent, when it is too long. */
export function TooLong({ text }: { readonly text: string }) {
  const { i18n } = useTranslation();
  const { t } = useLazyTexts("rooms");
  if (text.length <= ROOM_MESSAGE_MAX_CHARS) return undefined;
  const length = text.length.toLocaleString(i18n.language);
  const limit = ROOM_MESSAGE_MAX_CHARS.toLocaleString(i18n.language);
  return (
    <p role="alert" className="px-3 text-small text-danger">
      {t("tooLong", { length, limit })}
    </p>
  );
}
