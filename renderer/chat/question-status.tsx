import { CircleAlert, Clock, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Failure, UserMessage } from "#contract/chat-state.ts";
import { useBridge } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";
import { useFailureText } from "../i18n/use-error-text.ts";

/** Where a question is on its way, and what can be done about it. One that is on its way or answered needs no words. */
export function QuestionStatus({ message }: { readonly message: UserMessage }) {
  const { t } = useTranslation("chat");
  const { id, status } = message;
  switch (status.kind) {
    case "answered":
    case "sending":
      return undefined;
    case "queued":
      return <Queued id={id} reason={status.reason} />;
    case "failed":
      return <Failed id={id} failure={status.failure} />;
    case "cancelled":
      return (
        <StatusLine text={t("questionStopped")}>
          <Action name="retry" id={id} label={t("retry")} />
        </StatusLine>
      );
    default:
      return status satisfies never;
  }
}

function Queued({ id, reason }: { readonly id: string; readonly reason: Failure | undefined }) {
  const { t } = useTranslation("chat");
  const failureText = useFailureText();
  const text = reason === undefined ? t("queued") : t("queuedBecause", { reason: failureText(reason) });
  return (
    <StatusLine icon={Clock} text={text}>
      <Action name="retry" id={id} label={t("retryNow")} />
      <Action name="discard" id={id} label={t("remove")} />
    </StatusLine>
  );
}

function Failed({ id, failure }: { readonly id: string; readonly failure: Failure }) {
  const { t } = useTranslation("chat");
  const failureText = useFailureText();
  return (
    <StatusLine icon={CircleAlert} text={t("notSent", { reason: failureText(failure) })} danger>
      <Action name="retry" id={id} label={t("retry")} />
      <Action name="discard" id={id} label={t("discard")} />
    </StatusLine>
  );
}

interface StatusLineProps {
  readonly icon?: LucideIcon;
  readonly text: string;
  readonly danger?: boolean;
  readonly children: ReactNode;
}

function StatusLine({ icon: Icon, text, danger = false, children }: StatusLineProps) {
  return (
    <div className="flex max-w-full flex-col items-end gap-1">
      <p className={`text-end text-small ${danger ? "text-danger" : "text-soft"}`}>
        {Icon !== undefined && <Icon aria-hidden="true" className="me-1 inline size-4 align-text-bottom" />}
        {text}
      </p>
      <div className="flex gap-1">{children}</div>
    </div>
  );
}

interface ActionProps {
  readonly name: "retry" | "discard";
  readonly id: string;
  readonly label: string;
}

function Action({ name, id, label }: ActionProps) {
  const { commands, views } = useBridge();
  return <Button onClick={() => void views.attempt(commands[name]({ messageId: id }))}>{label}</Button>;
}
