import { Check, CircleAlert, GitFork, LoaderCircle, RotateCcw, Square, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { answerText, type AssistantMessage, type MessagePart } from "#contract/chat-state.ts";
import { openChat } from "../bridge/go-to-chat.ts";
import { useBridge, useChat, useChatUiState } from "../bridge/use-bridge.ts";
import { Markdown } from "../markdown/markdown.tsx";
import { Button } from "../ui/button.tsx";
import { FailureDetail } from "../ui/error-detail.tsx";
import { IconButton } from "../ui/icon-button.tsx";
import { lazily } from "../ui/lazily.tsx";
import { Caret } from "./caret.tsx";
import { CopyButton, DeleteButton, MessageActions } from "./message-actions.tsx";
import { useFailureText } from "../i18n/use-error-text.ts";
import { Action } from "./question-status.tsx";
import { Reasoning } from "./reasoning.tsx";
import { useComposerFocus } from "./use-composer-focus.ts";

const ReplaceButton = lazily(
  async () => (await import("../other-programs/replace-button.tsx")).ReplaceButton,
);

const EarlierSummary = lazily(async () => (await import("./earlier-summary.tsx")).EarlierSummary);
const RememberedLines = lazily(async () => (await import("./remembered-lines.tsx")).RememberedLines);

interface AnswerProps {
  readonly message: AssistantMessage;
  /** No answer stands below. */
  readonly isLast: boolean;
}

/**
 * What Pipit said: plain text over the whole width, with one quiet line for each tool it used. What can be done with it
 * stands in the space before the next question, so that it takes none of its own.
 */
export function Answer({ message, isLast }: AnswerProps) {
  const { t } = useTranslation("chat");
  const streaming = message.status === "streaming";
  return (
    <div className="relative pt-4 pb-6">
      {message.parts.map((part, index) => (
        // Parts are only ever added at the end, and the last one grows.
        <AnswerPart
          key={index}
          part={part}
          turnId={message.turnId}
          streaming={streaming && index === message.parts.length - 1}
        />
      ))}
      {streaming ? undefined : <AnswerEnd message={message} />}
      {message.remembered === undefined ? undefined : <RememberedLines memories={message.remembered} />}
      <div className="absolute start-0 bottom-0 flex items-center gap-2">
        {streaming ? <Caret label={t("thinking")} /> : <AnswerActions message={message} isLast={isLast} />}
        {isLast ? <StopSpeaking /> : undefined}
      </div>
    </div>
  );
}

interface AnswerPartProps {
  readonly part: MessagePart;
  readonly turnId: string | undefined;
  readonly streaming: boolean;
}

function AnswerPart({ part, turnId, streaming }: AnswerPartProps) {
  switch (part.kind) {
    case "text":
      return <Markdown text={part.text} streaming={streaming} />;
    case "reasoning":
      return <Reasoning text={part.text} />;
    case "tool":
      return <ToolLine part={part} />;
    case "notice":
      return part.code === "EARLIER_SUMMARISED" && turnId !== undefined ? (
        <EarlierSummary title={part.text} turnId={turnId} fallback={<Notice text={part.text} />} />
      ) : (
        <Notice text={part.text} />
      );
    default:
      return part satisfies never;
  }
}

function Notice({ text }: { readonly text: string }) {
  return (
    <p className="my-1 flex items-start gap-2 text-small text-soft">
      <CircleAlert aria-hidden="true" className="size-4 shrink-0" />
      <bdi>{text}</bdi>
    </p>
  );
}

const toolStates = {
  started: { text: "toolRunning", Icon: LoaderCircle, look: "animate-spin" },
  done: { text: "toolDone", Icon: Check, look: "text-accent" },
  failed: { text: "toolFailed", Icon: X, look: "text-danger" },
} as const;

function ToolLine({ part }: { readonly part: MessagePart & { readonly kind: "tool" } }) {
  const { t } = useTranslation("chat");
  const { text, Icon, look } = toolStates[part.state];
  return (
    <p className="my-1 flex items-center gap-2 text-small text-soft">
      <Icon role="img" aria-label={t(text)} className={`size-4 shrink-0 ${look}`} />
      <bdi className="truncate">{part.summary === "" ? part.name : part.summary}</bdi>
    </p>
  );
}

function AnswerEnd({ message }: { readonly message: AssistantMessage }) {
  const { t } = useTranslation("chat");
  const failureText = useFailureText();
  const { status, failure } = message;
  return (
    <>
      {status === "interrupted" && <p className="text-small text-warning">{t("interrupted")}</p>}
      {status === "cancelled" && <p className="text-small text-faint">{t("stopped")}</p>}
      {status === "failed" && failure !== undefined && (
        <>
          <p className="text-small text-danger">{t("answerFailed", { reason: failureText(failure) })}</p>
          <FailureDetail failure={failure} className="my-1" />
          <Action name="retry" id={message.replyTo} label={t("retry")} />
        </>
      )}
    </>
  );
}

function AnswerActions({ message, isLast }: AnswerProps) {
  const { t } = useTranslation("chat");
  const bridge = useBridge();
  const { commands, views, ui } = bridge;
  const focusComposer = useComposerFocus();
  const canReplace = useChatUiState((state) => state.replaceFor === message.replyTo);
  const regenerate = async () => {
    if (!(await views.attempt(commands.regenerate({ messageId: message.id })))) return;
    focusComposer();
    ui.goToEnd();
  };
  const fork = async () => {
    const copied = commands.forkChat({ messageId: message.id });
    if (!(await views.attempt(copied))) return;
    await openChat(bridge, await copied);
    focusComposer();
  };
  return (
    <MessageActions atMs={message.createdAtMs} always={isLast} className="-ms-1">
      <CopyButton text={() => answerText(message)} />
      {canReplace && message.status === "done" ? <ReplaceButton messageId={message.id} /> : undefined}
      <IconButton size="small" label={t("regenerate")} onClick={() => void regenerate()}>
        <RotateCcw className="size-4" />
      </IconButton>
      {message.turnId === undefined ? undefined : (
        <IconButton size="small" label={t("fork")} onClick={() => void fork()}>
          <GitFork className="size-4" />
        </IconButton>
      )}
      <DeleteButton messageId={message.id} />
      <Tokens message={message} />
    </MessageActions>
  );
}

/** How many the answer and what the model read for it had, where the server counted them. */
function Tokens({ message: { usage, model } }: { readonly message: AssistantMessage }) {
  const { t } = useTranslation("chat");
  if (usage === undefined) return undefined;
  const { inputTokens: input, outputTokens: output } = usage;
  const details = t("tokensOf", { input, output });
  return (
    <span
      title={model === undefined ? details : `${details} (${model})`}
      className="ps-1 text-caption whitespace-nowrap text-faint"
    >
      {t("tokens", { count: input + output })}
    </span>
  );
}

/** At what is read aloud, as long as it is. */
function StopSpeaking() {
  const { t } = useTranslation("chat");
  const { commands, views } = useBridge();
  const focusComposer = useComposerFocus();
  const speaking = useChat((state) => state.speaking);
  if (!speaking) return undefined;
  const stop = () => {
    focusComposer();
    void views.attempt(commands.stopSpeaking());
  };
  return (
    <Button size="small" onClick={stop}>
      <Square aria-hidden="true" className="size-2.5 fill-current" />
      {t("stopSpeaking")}
    </Button>
  );
}
