import { ROOM_MESSAGE_MAX_CHARS } from "#contract/limits.ts";
import type { RoomMessage } from "#contract/rooms/rooms.ts";
import { useAction } from "../bridge/use-action.ts";
import { useBridge, useView } from "../bridge/use-bridge.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { ErrorNote } from "../ui/error-note.tsx";
import { InPlaceEditor } from "../ui/in-place-editor.tsx";
import { TooLong } from "./too-long.tsx";

/** A message of one's own being changed in its place; that of a picture may lose its words. */
export function LineEditor({ line, onEnd }: { readonly line: RoomMessage; readonly onEnd: () => void }) {
  const { t } = useLazyTexts("rooms");
  const { commands } = useBridge();
  const room = useView((state) => state.room);
  const { busy, error, run } = useAction();
  const keep = async (text: string) => {
    if (text === line.text || (await run(() => commands.editInRoom({ room, messageId: line.id, text }))))
      onEnd();
  };
  return (
    <InPlaceEditor
      text={line.text}
      label={t("editor")}
      action={t("saveEdit")}
      busy={busy}
      maxChars={ROOM_MESSAGE_MAX_CHARS}
      mayBeEmpty={line.picture !== undefined}
      notes={(text) => (
        <>
          <TooLong text={text} />
          {error === undefined ? undefined : <ErrorNote error={error} />}
        </>
      )}
      onKeep={(text) => void keep(text)}
      onEnd={onEnd}
    />
  );
}
