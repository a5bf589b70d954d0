import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { Message } from "#contract/chat-state.ts";
import { Answer } from "./answer.tsx";
import { DayLine } from "./day-line.tsx";
import { clockTime } from "./message-time.ts";
import { Question } from "./question.tsx";

export interface MessageRowProps {
  readonly message: Message;
  /** A line with the day's name stands above. */
  readonly opensDay: boolean;
  readonly isLast: boolean;
  readonly isLastAnswer: boolean;
  /** A search has led here. */
  readonly isSought: boolean;
  /** The message below answers this one. */
  readonly hasAnswer: boolean;
}

/** One message. Drawn again only when it changed itself: while an answer streams, that is the answer alone. */
export const MessageRow = memo(function MessageRow({
  message,
  opensDay,
  isLast,
  isLastAnswer,
  isSought,
  hasAnswer,
}: MessageRowProps) {
  const { t, i18n } = useTranslation("chat");
  const time = clockTime(message.createdAtMs, i18n.language);
  return (
    <div className={`mx-auto max-w-page px-4 ${isLast ? "pb-2" : ""}`}>
      {opensDay && <DayLine atMs={message.createdAtMs} />}
      <article
        data-message-id={message.id}
        aria-label={t(message.role === "user" ? "you" : "pipit", { time })}
        aria-current={isSought || undefined}
        className="group/message rounded-card aria-current:bg-accent-wash aria-current:shadow-[0_0_0_8px_var(--accent-wash)]"
      >
        {message.role === "user" ? (
          <Question message={message} hasAnswer={hasAnswer} />
        ) : (
          <Answer message={message} isLast={isLastAnswer} />
        )}
      </article>
    </div>
  );
});
