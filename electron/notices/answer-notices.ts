import { createStore } from "zustand/vanilla";
import type { Language } from "#contract/language.ts";
import { oneLine } from "#contract/texts/one-line.ts";
import { failureText } from "#contract/texts/error-text.ts";
import type { Settled } from "#engine/chat/chat-engine-api.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import type { DesktopTexts } from "../shell/texts.ts";

/** As much of a question as a notification has room for. */
const QUESTION_MAX_CHARS = 120;

export interface NoticeTexts {
  readonly title: string;
  readonly body: string;
}

/** One notification of the system, on show. */
export interface Notice {
  readonly onClick: (listener: () => void) => void;
  close(): void;
}

export interface AnswerNoticesOptions {
  /** The person sees the chat. */
  readonly isSeen: () => boolean;
  /** What the person has set. */
  readonly isWanted: () => boolean;
  readonly texts: () => DesktopTexts;
  readonly language: () => Language;
  readonly show: (texts: NoticeTexts) => Notice;
  /** The person wants to see it. */
  readonly onOpen: (settled: Settled) => void;
}

/** Tells what came of questions while the window was hidden. */
export type AnswerNotices = ReturnType<typeof createAnswerNotices>;

/**
 * One notification for each question that is settled while the window is hidden, and one for all that wait for a sign-in.
 * Whether the person does not want to be disturbed, Electron cannot know: the system's own notification centre does, and
 * keeps them for later.
 */
export function createAnswerNotices(options: AnswerNoticesOptions) {
  const unseen = createStore(() => false);
  const told = new Set<string>();
  // Kept: one that is collected no longer hears the click.
  const shown = new Set<Notice>();

  const seen = (): void => {
    unseen.setState(false, true);
    told.clear();
    for (const notice of shown) notice.close();
    shown.clear();
  };
  return {
    /** Whether something came that was not looked at. */
    unseen: unseen as ReadonlyStore<boolean>,
    settled(settled: Settled): void {
      if (options.isSeen()) return;
      const key = settled.end.kind === "waits" ? "sign-in" : settled.messageId;
      if (told.has(key)) return;
      told.add(key);
      unseen.setState(true, true);
      if (!options.isWanted()) return;
      const notice = options.show(noticeOf(settled, options));
      shown.add(notice);
      notice.onClick(() => options.onOpen(settled));
    },
    /** The person looks at the window. */
    seen,
    [Symbol.dispose]: seen,
  };
}

/** What is said; of the chat only the question, because a locked screen may show it. */
function noticeOf({ text, end }: Settled, { texts, language }: AnswerNoticesOptions): NoticeTexts {
  const { answered, notAnswered, waitsForSignIn } = texts();
  switch (end.kind) {
    case "answered":
      return { title: answered, body: shortened(text) };
    case "failed":
      return { title: notAnswered, body: failureText(end.failure, language()) };
    case "waits":
      return { title: waitsForSignIn, body: shortened(text) };
  }
}

function shortened(question: string): string {
  const line = oneLine(question);
  return line.length <= QUESTION_MAX_CHARS ? line : `${line.slice(0, QUESTION_MAX_CHARS).trimEnd()}…`;
}
