import { useEffect, useRef, useState } from "react";
import { Virtualizer } from "virtua";
import { useStore } from "zustand";
import { EVERYONE } from "#contract/rooms/rooms.ts";
import { useBridge, useRooms, useView } from "../bridge/use-bridge.ts";
import { JumpButton, LogScroller, Rows } from "../chat/log-scroller.tsx";
import { useEndFollower, useHoldEnd, type EndFollower } from "../chat/use-end-follower.ts";
import { useShownList } from "../chat/use-shown-list.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { Button } from "../ui/button.tsx";
import { Mentions } from "./mentions.tsx";
import { RoomRowView } from "./room-row.tsx";
import { createRoomRows, headOf, type RoomRow } from "./room-rows.ts";

/** So near to the first line, the page before it is asked for. */
const NEAR_START_PX = 400;

/** What was said in the open room, the newest at the end. */
export function RoomLines() {
  const { t } = useLazyTexts("rooms");
  const { rooms } = useBridge();
  const {
    messages: rows,
    shift,
    generation,
  } = useShownList<RoomRow>(() => {
    const rowsOf = createRoomRows();
    return {
      items: () => rowsOf(rooms.getState()),
      subscribe: rooms.subscribe,
      keyOf: ({ key }) => key,
    };
  });
  const room = useView((state) => state.room);
  const isOpening = useRooms(({ opened }) => opened?.link === "opening");
  if (rows.length > 0) return <FilledLines key={generation} rows={rows} shift={shift} />;
  return (
    <div className="flex min-h-0 flex-1 flex-col items-center justify-center gap-1 px-4 text-center">
      {isOpening ? (
        <p className="animate-appear-late text-soft">{t("opening")}</p>
      ) : (
        <NothingYet isEverybody={room === EVERYONE} />
      )}
    </div>
  );
}

function NothingYet({ isEverybody }: { readonly isEverybody: boolean }) {
  const { t } = useLazyTexts("rooms");
  const hasEnded = useRooms(({ opened }) => opened?.link === "ended");
  if (hasEnded) return undefined;
  return (
    <>
      <p className="font-medium">{t("empty")}</p>
      <p className="text-small text-soft">{t(isEverybody ? "emptyEveryone" : "emptyHint")}</p>
    </>
  );
}

interface FilledLinesProps {
  readonly rows: readonly RoomRow[];
  readonly shift: boolean;
}

function FilledLines({ rows, shift }: FilledLinesProps) {
  const { t } = useLazyTexts("rooms");
  const scroller = useRef<HTMLDivElement>(null);
  const follower = useEndFollower(scroller);
  const login = useRooms((state) => state.login);
  const readSeq = useRooms(({ opened }) => opened?.readSeq);
  const [editedKey, setEditedKey] = useState<string>();
  const [isTurning, turnBack] = useOlder();
  useHoldEnd(follower, rows, scroller);
  useOwnAtEnd(follower);
  useReadMark(follower);
  const hasOlder = useRooms(({ opened }) => opened?.older === true);
  const editedAt = editedKey === undefined ? -1 : rows.findIndex(({ key }) => key === editedKey);
  return (
    <div className="relative min-h-0 flex-1">
      <LogScroller
        ref={scroller}
        label={t("conversation")}
        follower={follower}
        onScroll={(element) => {
          if (element.scrollTop < NEAR_START_PX && !follower.store.getState().following) turnBack();
        }}
      >
        {hasOlder ? (
          <div className="flex justify-center pt-2">
            <Button kind="link" size="small" busy={isTurning} onClick={turnBack}>
              {t("earlier")}
            </Button>
          </div>
        ) : undefined}
        <Mentions rows={rows}>
          <Virtualizer
            as={Rows}
            scrollRef={scroller}
            data={rows}
            shift={shift}
            startMargin={hasOlder ? 32 : 0}
            onResize={follower.settle}
            keepMounted={editedAt < 0 ? [] : [editedAt]}
          >
            {(row: RoomRow, index) => (
              <RoomRowView
                key={row.key}
                row={row}
                {...headOf(rows[index - 1], row, login, readSeq)}
                isOwn={row.line === undefined || row.line.author === login}
                isLast={index === rows.length - 1}
                editing={row.key === editedKey}
                onEdit={setEditedKey}
              />
            )}
          </Virtualizer>
        </Mentions>
      </LogScroller>
      <JumpToNew follower={follower} />
    </div>
  );
}

function JumpToNew({ follower }: { readonly follower: EndFollower }) {
  const { following, unread } = useStore(follower.store);
  if (following) return undefined;
  return <JumpButton unread={unread} onJump={follower.toEnd} />;
}

/** Asks for the page before the first line, one at a time. */
function useOlder(): readonly [boolean, () => void] {
  const { commands, rooms, views } = useBridge();
  const [busy, setBusy] = useState(false);
  const asking = useRef(false);
  const turnBack = (): void => {
    const { opened } = rooms.getState();
    if (opened?.older !== true || asking.current) return;
    asking.current = true;
    setBusy(true);
    void views.attempt(commands.olderInRoom({ room: opened.room })).then(() => {
      asking.current = false;
      setBusy(false);
    });
  };
  return [busy, turnBack];
}

/** What one writes is seen, wherever one was reading. */
function useOwnAtEnd(follower: EndFollower): void {
  const { rooms } = useBridge();
  useEffect(
    () =>
      rooms.subscribe(({ opened }, before) => {
        const last = opened?.pending.at(-1)?.id;
        const isNew = last !== undefined && last !== before.opened?.pending.at(-1)?.id;
        if (isNew && opened?.room === before.opened?.room) follower.toEnd();
      }),
    [rooms, follower],
  );
}

/** All is read once the end is in view of somebody who looks at the window. */
function useReadMark(follower: EndFollower): void {
  const { commands, rooms } = useBridge();
  useEffect(() => {
    const mark = (): void => {
      const { opened, lines } = rooms.getState();
      const seq = lines.at(-1)?.seq;
      const isSeen = document.visibilityState === "visible" && document.hasFocus();
      if (opened === undefined || seq === undefined || !isSeen || !follower.store.getState().following)
        return;
      commands.readRoom({ room: opened.room, seq }).catch(() => undefined);
    };
    mark();
    const leave = new AbortController();
    for (const event of ["focus", "visibilitychange"])
      addEventListener(event, mark, { capture: true, signal: leave.signal });
    const stops = [
      follower.store.subscribe(mark),
      rooms.subscribe((state, before) => {
        if (state.lines !== before.lines || state.rooms !== before.rooms) mark();
      }),
    ];
    return () => {
      leave.abort();
      for (const stop of stops) stop();
    };
  }, [commands, rooms, follower]);
}
