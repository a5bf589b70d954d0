import { LogOut, X } from "lucide-react";
import { useEffect, useEffectEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { roomKey, type RoomMember } from "#contract/rooms/rooms.ts";
import { useAction } from "../bridge/use-action.ts";
import { useBridge, useRooms } from "../bridge/use-bridge.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { Button } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { IconButton } from "../ui/icon-button.tsx";
import { TextField } from "../ui/text-field.tsx";

/** Who is in a room, with what can be done about it. */
export function RoomMembers({ room }: { readonly room: string }) {
  const { t: shell } = useTranslation("shell");
  const { commands } = useBridge();
  const [members, setMembers] = useState<readonly RoomMember[]>();
  const { error, run } = useAction();
  const read = () => run(async () => setMembers(await commands.listRoomMembers({ room })));
  const onOpen = useEffectEvent(() => {
    void read();
    // Without an answer there are no marks.
    commands.askPresenceInRoom({ room }).catch(() => undefined);
  });
  useEffect(() => onOpen(), []);
  return (
    <div className="flex min-h-40 flex-col gap-3 overflow-y-auto px-4 pb-4">
      <Invite room={room} onInvited={() => void read()} />
      {members === undefined ? undefined : (
        <ul className="flex flex-col">
          {members.map((member) => (
            <MemberRow key={member.login} room={room} member={member} onRemoved={() => void read()} />
          ))}
        </ul>
      )}
      {error === undefined ? undefined : (
        <ErrorNote error={error} actions={<Button onClick={() => void read()}>{shell("tryAgain")}</Button>} />
      )}
      {members === undefined ? undefined : <Leave room={room} members={members} />}
    </div>
  );
}

interface InviteProps {
  readonly room: string;
  readonly onInvited: () => void;
}

function Invite({ room, onInvited }: InviteProps) {
  const { t } = useLazyTexts("rooms");
  const { commands } = useBridge();
  const [login, setLogin] = useState("");
  const { busy, error, run, clear } = useAction();
  const invite = async () => {
    const wanted = login.trim();
    if (wanted === "" || !(await run(() => commands.inviteToRoom({ room, login: wanted })))) return;
    setLogin("");
    onInvited();
  };
  const isUnknown = error?.field === "login";
  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        void invite();
      }}
    >
      <div className="flex items-start gap-2">
        <TextField
          data-initial-focus=""
          className="min-w-0 flex-1"
          label={t("login")}
          hint={t("loginHint")}
          error={isUnknown ? t("noLogin") : undefined}
          value={login}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onChange={({ target }) => {
            clear();
            setLogin(target.value);
          }}
        />
        <Button type="submit" kind="primary" className="mt-5.5" busy={busy} disabled={login.trim() === ""}>
          {t("invite")}
        </Button>
      </div>
      {error === undefined || isUnknown ? undefined : <ErrorNote error={error} />}
    </form>
  );
}

interface MemberRowProps {
  readonly room: string;
  readonly member: RoomMember;
  readonly onRemoved: () => void;
}

function MemberRow({ room, member: { login, displayName, invited, owner }, onRemoved }: MemberRowProps) {
  const { t } = useLazyTexts("rooms");
  const { commands, views } = useBridge();
  const own = useRooms((state) => state.login);
  const isOwner = useRooms(({ rooms }) => rooms?.find((listed) => roomKey(listed) === room)?.owned === true);
  const isThere = useRooms(
    ({ present }) => present?.room === room && present.logins.includes(login) && !invited,
  );
  const remove = async () => {
    if (await views.attempt(commands.removeFromRoom({ room, login }))) onRemoved();
  };
  return (
    <li className="flex min-h-9 items-center gap-2 border-b border-hairline py-1 last:border-0">
      <span className="flex min-w-0 flex-1 flex-col">
        <span className="flex min-w-0 items-center gap-2">
          <span dir="auto" className="truncate font-medium">
            {displayName}
          </span>
          {isThere ? (
            <span title={t("present")} className="size-2 shrink-0 rounded-full bg-accent">
              <span className="sr-only">{t("present")}</span>
            </span>
          ) : undefined}
        </span>
        {displayName === login ? undefined : (
          <span dir="auto" className="truncate text-small text-soft">
            {login}
          </span>
        )}
      </span>
      {invited || owner ? (
        <span className="shrink-0 text-small text-soft">{t(invited ? "invited" : "owner")}</span>
      ) : undefined}
      {isOwner && login !== own ? (
        <IconButton
          size="small"
          label={t(invited ? "takeBack" : "remove", { login })}
          onClick={() => void remove()}
        >
          <X className="size-4" />
        </IconButton>
      ) : undefined}
    </li>
  );
}

function Leave({ room, members }: { readonly room: string; readonly members: readonly RoomMember[] }) {
  const { t } = useLazyTexts("rooms");
  const { commands, views } = useBridge();
  const isOwner = useRooms(({ rooms }) => rooms?.find((listed) => roomKey(listed) === room)?.owned === true);
  const { busy, error, run } = useAction();
  const isLast = members.filter(({ invited }) => !invited).length <= 1;
  const leave = async () => {
    if (!(await run(() => commands.leaveRoom({ room })))) return;
    views.closeDialog();
    views.show("chat");
  };
  return (
    <div className="flex flex-col items-start gap-2 border-t border-hairline pt-3">
      {isLast || isOwner ? (
        <p className="text-small text-soft">{t(isLast ? "leaveLast" : "leaveOwner")}</p>
      ) : undefined}
      {error === undefined ? undefined : <ErrorNote error={error} />}
      <Button kind="danger" busy={busy} onClick={() => void leave()}>
        <LogOut aria-hidden="true" className="size-4" />
        {t("leave")}
      </Button>
    </div>
  );
}
