import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { ChatSummary, HistoryHit } from "#contract/chat-history.ts";
import { useChat } from "../bridge/use-bridge.ts";
import { clockTime, dateOf } from "../chat/message-time.ts";
import { groupByDay, type ChatDay } from "./chat-days.ts";

interface OpenProps {
  readonly onOpen: (chatId: string) => void;
}

/** Chats under the day of their last change. */
export function ChatDays({ chats, onOpen }: OpenProps & { readonly chats: readonly ChatSummary[] }) {
  const { t, i18n } = useTranslation("shell");
  const current = useChat((state) => state.chatId);
  const [nowMs] = useState(() => Date.now());
  const dayName = (day: ChatDay) =>
    day.name === "earlier" ? dateOf(day.startMs, nowMs, i18n.language) : t(`drawer.${day.name}`);
  return groupByDay(chats, nowMs).map((day) => (
    <section key={day.startMs} aria-label={dayName(day)}>
      <h3 className="px-2 pt-4 pb-1 text-small font-medium text-soft">{dayName(day)}</h3>
      <ul>
        {day.chats.map((chat) => (
          <li key={chat.id}>
            <Row current={chat.id === current} onOpen={() => onOpen(chat.id)}>
              <span className="min-w-0 flex-1 truncate">{chat.title || t("drawer.untitled")}</span>
              <time
                dateTime={new Date(chat.updatedAtMs).toISOString()}
                className="shrink-0 text-small text-soft tabular-nums"
              >
                {clockTime(chat.updatedAtMs, i18n.language)}
              </time>
            </Row>
          </li>
        ))}
      </ul>
    </section>
  ));
}

/** Places where a search found something, best first. */
export function ChatHits({ hits, onOpen }: OpenProps & { readonly hits: readonly HistoryHit[] }) {
  const { t, i18n } = useTranslation("shell");
  const [nowMs] = useState(() => Date.now());
  return (
    <ul aria-label={t("drawer.results")} className="pt-2">
      {hits.map((hit) => (
        <li key={`${hit.chatId}-${hit.createdAtMs}-${hit.headline}`}>
          <Row current={false} onOpen={() => onOpen(hit.chatId)}>
            <span className="flex min-w-0 flex-1 flex-col">
              <span className="flex items-baseline gap-2">
                <span className="min-w-0 flex-1 truncate">{hit.chatTitle || t("drawer.untitled")}</span>
                <span className="shrink-0 text-small text-soft">
                  {dateOf(hit.createdAtMs, nowMs, i18n.language)}
                </span>
              </span>
              <span className="line-clamp-2 text-small wrap-break-word text-soft">{hit.headline}</span>
            </span>
          </Row>
        </li>
      ))}
    </ul>
  );
}

interface RowProps {
  readonly current: boolean;
  readonly onOpen: () => void;
  readonly children: ReactNode;
}

function Row({ current, onOpen, children }: RowProps) {
  return (
    <button
      type="button"
      data-chat-row=""
      aria-current={current || undefined}
      onClick={onOpen}
      className="flex min-h-9 w-full items-center gap-3 rounded-control px-2 py-1.5 text-left transition-colors hover:bg-hover active:bg-press aria-current:bg-accent-wash aria-current:font-medium"
    >
      {children}
    </button>
  );
}
