import { ASSISTANT_LOGIN, askedOf } from "#contract/rooms/question.ts";
import type { RoomsState } from "#contract/rooms/rooms.ts";
import { useBridge, useRooms, useView } from "../bridge/use-bridge.ts";
import { StatusButton } from "../chat/question-status.tsx";
import { useLazyTexts } from "../i18n/lazy-texts.ts";

/** Who writes at this moment; keeps its place when nobody does, so that nothing jumps. Screen readers hear what is said instead. */
export function TypingLine() {
  const { t } = useLazyTexts("rooms");
  const typing = useRooms((state) => state.typing) ?? [];
  const people = typing.filter((login) => login !== ASSISTANT_LOGIN);
  const isAnswering = people.length < typing.length;
  const [login, other, ...more] = people;
  const said =
    login === undefined
      ? undefined
      : other === undefined
        ? t("typingOne", { login })
        : t(more.length > 0 ? "typingMany" : "typingTwo", { login, other });
  return (
    <div className="gutter shrink-0">
      <div className="mx-auto flex min-h-7 w-full max-w-page flex-wrap items-baseline gap-x-3 px-4 text-small text-soft">
        {isAnswering ? (
          <>
            <p>{t("answering")}</p>
            <StopAnswer />
          </>
        ) : undefined}
        {said === undefined ? undefined : (
          <p dir="auto" className="min-w-0 truncate">
            {said}
          </p>
        )}
      </div>
    </div>
  );
}

/** For who has asked; the others wait. */
function StopAnswer() {
  const { t } = useLazyTexts("rooms");
  const { commands, views } = useBridge();
  const room = useView((state) => state.room);
  const messageId = useRooms(waitingQuestion);
  if (messageId === undefined) return undefined;
  const stop = () => void views.attempt(commands.stopAnswerInRoom({ room, messageId }));
  return <StatusButton onClick={stop}>{t("stopAnswer")}</StatusButton>;
}

/** The last question of one's own that has no answer yet. */
function waitingQuestion({ lines, login }: RoomsState): string | undefined {
  const answered = new Set<string>();
  for (const { id, author, text, deleted, kind, replyTo, askedBy } of lines.toReversed()) {
    if (askedBy !== undefined && replyTo !== undefined) answered.add(replyTo);
    const isOwn = kind === "message" && author === login && !deleted;
    if (isOwn && !answered.has(id) && askedOf(text) !== undefined) return id;
  }
  return undefined;
}
