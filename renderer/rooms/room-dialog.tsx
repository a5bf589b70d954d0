import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ROOM_NAME_MAX_CHARS } from "#contract/limits.ts";
import { useAction } from "../bridge/use-action.ts";
import { useBridge, useView } from "../bridge/use-bridge.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { useIsAway } from "../projects/use-projects.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { TextField } from "../ui/text-field.tsx";
import { RoomMembers } from "./room-members.tsx";

/** A room: to make one, or who is in it. */
export function RoomDialog() {
  const { t: shell } = useTranslation("shell");
  const { t } = useLazyTexts("rooms");
  const open = useView((state) => state.dialog === "room");
  const room = useView((state) => state.membersOf);
  const { closeDialog } = useBridge().views;
  return (
    <Dialog open={open} onClose={closeDialog} title={room === undefined ? t("new") : shell("rooms.members")}>
      {room === undefined ? <NewRoom /> : <RoomMembers key={room} room={room} />}
    </Dialog>
  );
}

function NewRoom() {
  const { t: shell } = useTranslation("shell");
  const { t } = useLazyTexts("rooms");
  const { commands, views } = useBridge();
  const away = useIsAway();
  const [name, setName] = useState("");
  const [tried, setTried] = useState(false);
  const { busy, error, run } = useAction();
  const count = [...name.trim()].length;
  const wrong =
    count > ROOM_NAME_MAX_CHARS
      ? t("longName", { count, most: ROOM_NAME_MAX_CHARS })
      : tried && count === 0
        ? t("noName")
        : error?.field === "name"
          ? t("wrongName")
          : undefined;
  const create = async () => {
    setTried(true);
    if (count === 0 || count > ROOM_NAME_MAX_CHARS) return;
    await run(async () => views.showRoom(await commands.createRoom({ name: name.trim() })));
  };
  return (
    <form
      className="flex min-h-0 flex-col gap-3 overflow-y-auto px-4 pb-4"
      onSubmit={(event) => {
        event.preventDefault();
        void create();
      }}
    >
      <TextField
        data-initial-focus=""
        autoFocus
        label={t("name")}
        hint={t("nameHint")}
        error={wrong}
        value={name}
        dir="auto"
        autoComplete="off"
        onChange={({ target }) => setName(target.value)}
      />
      {error === undefined || error.field === "name" ? undefined : <ErrorNote error={error} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={views.closeDialog}>{shell("cancel")}</Button>
        <Button kind="primary" type="submit" busy={busy} disabled={away}>
          {t("create")}
        </Button>
      </div>
    </form>
  );
}
