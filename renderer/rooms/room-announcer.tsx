import { useEffect, useState } from "react";
import type { RoomMessage } from "#contract/rooms/rooms.ts";
import { useBridge } from "../bridge/use-bridge.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { HiddenStatus } from "../ui/hidden-status.tsx";

/** So much of a message is said; who wants more reads it in the log. */
const SAID_MAX_CHARS = 300;

/** Tells screen readers what others say while the room is open. The log itself is silent: rows come and go as it is scrolled. */
export function RoomAnnouncer() {
  const { t } = useLazyTexts("rooms");
  const { rooms } = useBridge();
  const [said, setSaid] = useState<RoomMessage>();
  useEffect(
    () =>
      rooms.subscribe(({ opened, lines, login }, before) => {
        const lastSeq = before.lines.at(-1)?.seq;
        const newest = lines.at(-1);
        // What is there when the room is opened is no news.
        if (opened?.room !== before.opened?.room || lastSeq === undefined || newest === undefined) return;
        if (newest.seq > lastSeq && newest.author !== login) setSaid(newest);
      }),
    [rooms],
  );
  return <HiddenStatus>{said && textOf(said)}</HiddenStatus>;

  function textOf({ kind, author, text, picture, askedBy }: RoomMessage): string {
    const login = askedBy === undefined ? author : t("assistant");
    if (kind === "joined" || kind === "left") return t(kind, { login });
    const shown = picture === undefined ? text : `${t("picture")}. ${text}`;
    return t("said", { login, text: shown.slice(0, SAID_MAX_CHARS) });
  }
}
