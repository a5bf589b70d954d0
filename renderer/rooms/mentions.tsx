import { useCallback, useMemo, type ReactNode } from "react";
import { loginKeyOf } from "#contract/account-rules.ts";
import { mentionPieces } from "#contract/rooms/mentions.ts";
import { ASSISTANT_LOGIN } from "#contract/rooms/question.ts";
import { useRooms } from "../bridge/use-bridge.ts";
import { TextMarksContext } from "../markdown/marked-text.tsx";
import type { RoomRow } from "./room-rows.ts";

interface MentionsProps {
  readonly rows: readonly RoomRow[];
  readonly children: ReactNode;
}

/** Marks "@login" in what is shown below it, of those whom the room has heard of, oneself more than others. */
export function Mentions({ rows, children }: MentionsProps) {
  const login = useRooms((state) => state.login);
  const present = useRooms((state) => state.present);
  const own = login === undefined ? "" : loginKeyOf(login);
  const heardOf = useMemo(() => {
    const authors = rows.flatMap(({ line }) => line?.author ?? []);
    return [...new Set([...authors, ...(present?.logins ?? [])].map(loginKeyOf))].toSorted().join("\n");
  }, [rows, present]);
  // The same as long as nobody comes: what is shown is not drawn anew with each message.
  const known = useMemo(() => new Set([own, ASSISTANT_LOGIN, ...heardOf.split("\n")]), [own, heardOf]);
  const mark = useCallback(
    (text: string): ReactNode =>
      mentionPieces(text, (name) => known.has(loginKeyOf(name))).map((piece, index) =>
        piece.login === undefined ? (
          piece.text
        ) : (
          <span
            key={index}
            className={loginKeyOf(piece.login) === own ? "font-semibold text-accent" : "text-accent"}
          >
            {piece.text}
          </span>
        ),
      ),
    [known, own],
  );
  return <TextMarksContext value={mark}>{children}</TextMarksContext>;
}
