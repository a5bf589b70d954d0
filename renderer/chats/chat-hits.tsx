import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { HistoryHit, TextRange } from "#contract/chat-history.ts";
import { dateOf } from "../chat/message-time.ts";
import { FinderRow } from "./finder-row.tsx";

interface ChatHitsProps {
  readonly hits: readonly HistoryHit[];
  readonly onOpen: (hit: HistoryHit) => void;
}

/** Places where a search found something, best first. */
export function ChatHits({ hits, onOpen }: ChatHitsProps) {
  const { t, i18n } = useTranslation("shell");
  const [nowMs] = useState(() => Date.now());
  return (
    <ul aria-label={t("drawer.results")} className="pt-2">
      {hits.map((hit) => (
        <li key={`${hit.chatId}-${hit.turnId ?? hit.createdAtMs}`}>
          <FinderRow place={{ view: "chat", chatId: hit.chatId }} current={false} onOpen={() => onOpen(hit)}>
            <span className="flex min-w-0 flex-1 flex-col">
              <span className="flex items-baseline gap-2">
                <span dir="auto" className="min-w-0 flex-1 truncate">
                  {hit.chatTitle || t("drawer.untitled")}
                </span>
                <span className="shrink-0 text-small text-soft">
                  {dateOf(hit.createdAtMs, nowMs, i18n.language)}
                </span>
              </span>
              <span dir="auto" className="line-clamp-2 text-small wrap-break-word text-soft">
                <Marked text={hit.headline} ranges={hit.highlights} />
              </span>
            </span>
          </FinderRow>
        </li>
      ))}
    </ul>
  );
}

/** A text with some stretches of it marked, which are in order and apart from each other. */
function Marked({ text, ranges }: { readonly text: string; readonly ranges: readonly TextRange[] }) {
  return (
    <>
      {ranges.map(({ start, end }, index) => (
        <span key={start}>
          {text.slice(ranges[index - 1]?.end ?? 0, start)}
          <mark className="rounded-xs bg-accent-wash font-medium text-ink">{text.slice(start, end)}</mark>
        </span>
      ))}
      {text.slice(ranges.at(-1)?.end ?? 0)}
    </>
  );
}
