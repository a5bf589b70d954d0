import { CircleAlert, Clock } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { PendingRoomMessage } from "#contract/rooms/rooms.ts";
import { useBridge, useView } from "../bridge/use-bridge.ts";
import { clockTime } from "../chat/message-time.ts";
import { READABLE_MS, StatusButton, StatusLine } from "../chat/question-status.tsx";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { useFailureText } from "../i18n/use-error-text.ts";

/** Why a message is not there yet, and what can be done about it. One that is on its way needs no words. */
export function PendingStatus({ message: { id, status } }: { readonly message: PendingRoomMessage }) {
  const { t, i18n } = useTranslation("chat");
  const { t: texts } = useLazyTexts("rooms");
  const { commands, views } = useBridge();
  const failureText = useFailureText();
  const room = useView((state) => state.room);
  const of = { room, messageId: id };
  const retry = () => void views.attempt(commands.retryInRoom(of));
  const discard = () => void views.attempt(commands.discardInRoom(of));
  switch (status.kind) {
    case "sending":
      return undefined;
    case "waiting": {
      const why = { reason: failureText(status.reason) };
      const isSoon = status.nextTryAtMs - Date.now() <= READABLE_MS;
      const time = clockTime(status.nextTryAtMs, i18n.language);
      return (
        <StatusLine icon={Clock} text={isSoon ? t("queuedBecause", why) : t("queuedUntil", { ...why, time })}>
          <StatusButton onClick={retry}>{t("retryNow")}</StatusButton>
          <StatusButton onClick={discard}>{t("remove")}</StatusButton>
        </StatusLine>
      );
    }
    case "failed":
      return (
        <StatusLine
          icon={CircleAlert}
          danger
          text={texts("notSent", { reason: failureText(status.failure) })}
        >
          <StatusButton onClick={retry}>{t("retry")}</StatusButton>
          <StatusButton onClick={discard}>{t("discard")}</StatusButton>
        </StatusLine>
      );
    default:
      return status satisfies never;
  }
}
