import { CircleAlert, Clock, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Failure, UserMessage } from "#contract/chat-state.ts";
import { useBridge, useChat } from "../bridge/use-bridge.ts";
import { Button, type ButtonProps } from "../ui/button.tsx";
import { useFailureText } from "../i18n/use-error-text.ts";
import { FailureDetail } from "../ui/error-detail.tsx";
import { clockTime } from "./message-time.ts";
import { failedAlike } from "./same-failure.ts";
import { useComposerFocus } from "./use-composer-focus.ts";

/** Where a question is on its way, and what can be done about it. One that is on its way or answered needs no words. */
export function QuestionStatus({ message }: { readonly message: UserMessage }) {
  const { t } = useTranslation("chat");
  const { id, status } = message;
  switch (status.kind) {
    case "answered":
    case "sending":
      return undefined;
    case "queued":
      return <Queued id={id} status={status} />;
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

/** A pause of ours is over before its time could be read. */
export const READABLE_MS = 60_000;

interface QueuedProps {
  readonly id: string;
  readonly status: UserMessage["status"] & { readonly kind: "queued" };
}

function Queued({ id, status: { reason, elsewhere, nextTryAtMs = 0 } }: QueuedProps) {
  const { t, i18n } = useTranslation("chat");
  const { ui } = useBridge();
  const failureText = useFailureText();
  const isNext = useChat((state) => state.activeMessageId !== undefined);
  if (elsewhere === true) return <StatusLine icon={Clock} text={t("sentElsewhere")} />;

  function text(): string {
    if (reason === undefined) return isNext ? t("queuedNext") : t("queued");
    const why = { reason: failureText(reason) };
    if (nextTryAtMs - Date.now() <= READABLE_MS) return t("queuedBecause", why);
    return t("queuedUntil", { ...why, time: clockTime(nextTryAtMs, i18n.language) });
  }
  return (
    <StatusLine icon={Clock} text={text()}>
      {!isNext && <Action name="retry" id={id} label={t("retryNow")} />}
      <StatusButton onClick={() => ui.edit(id)}>{t("editQueued")}</StatusButton>
      {reason !== undefined && <Action name="park" id={id} label={t("skip")} />}
      <Action name="discard" id={id} label={t("remove")} />
    </StatusLine>
  );
}

/** Parked: it waits for the person, and no other message waits for it. */
function Failed({ id, failure }: { readonly id: string; readonly failure: Failure }) {
  const { t } = useTranslation("chat");
  const { ui } = useBridge();
  const failureText = useFailureText();
  // As text, which stays the same while other messages change.
  const alike = useChat(({ messages }) => failedAlike(messages, id).join(" "));
  const isSetAside = failure.code === "CANCELLED";
  const isTold = !isSetAside && alike !== "";

  function text(): string {
    if (isSetAside) return t("setAside");
    return isTold ? t("notSent", { reason: failureText(failure) }) : t("notSentAlike");
  }
  return (
    <StatusLine
      icon={CircleAlert}
      text={text()}
      danger={!isSetAside}
      {...(isTold
        ? { detail: <FailureDetail failure={failure} className="w-full text-end [&_summary]:ms-auto" /> }
        : {})}
    >
      {isTold && alike.includes(" ") && <RetryAll ids={alike.split(" ")} />}
      <Action name="retry" id={id} label={t("retry")} />
      <StatusButton onClick={() => ui.edit(id)}>{t("editQueued")}</StatusButton>
      <Action name="discard" id={id} label={t("discard")} />
    </StatusLine>
  );
}

/** For all that one cause has held: its cure is theirs. */
function RetryAll({ ids }: { readonly ids: readonly string[] }) {
  const { t } = useTranslation("chat");
  const { commands, views } = useBridge();
  const focusComposer = useComposerFocus();
  async function retryAll(): Promise<void> {
    for (const messageId of ids) await commands.retry({ messageId });
  }
  const act = async () => {
    if (await views.attempt(retryAll())) focusComposer();
  };
  return <StatusButton onClick={() => void act()}>{t("retryAll", { count: ids.length })}</StatusButton>;
}

interface StatusLineProps {
  readonly icon?: LucideIcon;
  readonly text: string;
  readonly danger?: boolean;
  /** More of the text, for those who ask for it. */
  readonly detail?: ReactNode;
  readonly children?: ReactNode;
}

/** A quiet line below a message. */
export function StatusLine({ icon: Icon, text, danger = false, detail, children }: StatusLineProps) {
  return (
    <div className="flex max-w-full flex-wrap items-baseline justify-end gap-x-3">
      <p className={`text-end text-small ${danger ? "text-danger" : "text-soft"}`}>
        {Icon !== undefined && <Icon aria-hidden="true" className="me-1 inline size-4 align-text-bottom" />}
        {text}
      </p>
      {detail}
      {children}
    </div>
  );
}

interface ActionProps {
  readonly name: "retry" | "park" | "discard";
  readonly id: string;
  readonly label: string;
}

/** A button that does something with a question that is not answered. */
export function Action({ name, id, label }: ActionProps) {
  const { commands, views } = useBridge();
  const focusComposer = useComposerFocus();
  const act = async () => {
    if (await views.attempt(commands[name]({ messageId: id }))) focusComposer();
  };
  return <StatusButton onClick={() => void act()}>{label}</StatusButton>;
}

/** Words in the line that they belong to, and large enough for a finger where one points. */
export function StatusButton(props: Pick<ButtonProps, "onClick" | "children">) {
  return <Button kind="link" size="small" className="pointer-coarse:h-11" {...props} />;
}
