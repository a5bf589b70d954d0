import { Sparkles } from "lucide-react";
import { memo, useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useBridge, useRooms, useView } from "../bridge/use-bridge.ts";
import type { SentImage } from "#contract/screen-image.ts";
import { DayLine } from "../chat/day-line.tsx";
import { clockTime, fullTime } from "../chat/message-time.ts";
import { SentPicture } from "../chat/picture/sent-picture.tsx";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { Markdown } from "../markdown/markdown.tsx";
import { LineActions } from "./line-actions.tsx";
import { LineEditor } from "./line-editor.tsx";
import { PendingStatus } from "./pending-status.tsx";
import { timeOf, type RoomRow, type RowHead } from "./room-rows.ts";

export interface RoomRowProps extends RowHead {
  readonly row: RoomRow;
  readonly isOwn: boolean;
  readonly isLast: boolean;
  readonly editing: boolean;
  /** Undefined: the editing is over. */
  readonly onEdit: (key: string | undefined) => void;
}

/** One row of a room. */
export const RoomRowView = memo(function RoomRowView({
  opensDay,
  opensUnread,
  isLast,
  ...rest
}: RoomRowProps) {
  const { t } = useLazyTexts("rooms");
  const { row } = rest;
  return (
    <div className={`mx-auto max-w-page px-4 ${isLast ? "pb-3" : ""}`}>
      {opensDay && <DayLine atMs={timeOf(row)} />}
      {opensUnread && (
        <p className="flex items-center gap-2 pt-3 text-caption font-medium text-accent before:h-px before:flex-1 before:bg-accent after:h-px after:flex-1 after:bg-accent">
          {t("unreadLine")}
        </p>
      )}
      {row.line?.kind === "joined" || row.line?.kind === "left" ? (
        <p className="pt-3 text-center text-small text-soft">
          {t(row.line.kind, { login: row.line.author })}
        </p>
      ) : (
        <Said {...rest} />
      )}
    </div>
  );
});

type SaidProps = Omit<RoomRowProps, "opensDay" | "opensUnread" | "isLast">;

function Said({ row, isOwn, named, editing, onEdit }: SaidProps) {
  const { i18n } = useTranslation();
  const { t } = useLazyTexts("rooms");
  const { line, pending } = row;
  const author = useAuthor(row, isOwn);
  if (editing && line !== undefined) return <LineEditor line={line} onEnd={() => onEdit(undefined)} />;
  return (
    <article
      data-message-id={row.key}
      aria-label={t("message", { login: author, time: clockTime(timeOf(row), i18n.language) })}
      className={`group/message flex flex-col ${isOwn ? "items-end" : "items-start"} ${named ? "pt-3" : "pt-1"}`}
    >
      {named ? <SaidBy row={row} author={isOwn ? undefined : author} /> : undefined}
      <Content row={row} isOwn={isOwn} onEdit={onEdit} />
      {pending === undefined ? undefined : <PendingStatus message={pending} />}
    </article>
  );
}

type ContentProps = Pick<SaidProps, "row" | "isOwn" | "onEdit">;

function Content({ row, isOwn, onEdit }: ContentProps) {
  const { text = "", picture } = row.line ?? row.pending ?? {};
  return (
    <>
      {picture === undefined ? undefined : <RowPicture id={row.key} image={picture} />}
      <div className={`flex w-full items-end gap-1 ${isOwn ? "flex-row-reverse" : ""}`}>
        {/* A picture stands for itself. */}
        {picture !== undefined && text.trim() === "" ? undefined : <Bubble row={row} isOwn={isOwn} />}
        <Actions row={row} isOwn={isOwn} onEdit={onEdit} />
      </div>
    </>
  );
}

function Actions({ row: { key, line }, isOwn, onEdit }: ContentProps) {
  if (line === undefined || line.deleted) return undefined;
  return <LineActions line={line} onEdit={isOwn ? () => onEdit(key) : undefined} />;
}

function useAuthor({ line }: RoomRow, isOwn: boolean): string {
  const { t } = useLazyTexts("rooms");
  if (isOwn || line === undefined) return t("you");
  return line.askedBy === undefined ? line.author : t("assistant");
}

/** @param author of others' messages */
function SaidBy({ row, author }: { readonly row: RoomRow; readonly author: string | undefined }) {
  const { i18n } = useTranslation();
  const { t } = useLazyTexts("rooms");
  const atMs = timeOf(row);
  const askedBy = row.line?.askedBy;
  return (
    <p className="flex max-w-full items-baseline gap-2 pb-0.5 text-small">
      {author === undefined ? undefined : (
        <span dir="auto" className="min-w-0 truncate font-medium">
          {askedBy === undefined ? undefined : (
            <Sparkles aria-hidden="true" className="me-1 inline size-4 align-text-bottom text-accent" />
          )}
          {author}
        </span>
      )}
      {askedBy === undefined ? undefined : (
        <span dir="auto" className="min-w-0 truncate text-soft">
          {t("askedBy", { login: askedBy })}
        </span>
      )}
      <time dateTime={new Date(atMs).toISOString()} className="text-caption text-faint">
        {clockTime(atMs, i18n.language)}
      </time>
    </p>
  );
}

/** What could not be read is read again once the server is there again. */
function RowPicture({ id, image }: { readonly id: string; readonly image: SentImage }) {
  const { commands } = useBridge();
  const room = useView((state) => state.room);
  const isLive = useRooms(({ opened }) => opened?.link === "live");
  const read = useCallback(
    () => commands.roomPicture({ room, messageId: id }),
    // oxlint-disable-next-line react/exhaustive-deps -- see above
    [commands, room, id, isLive],
  );
  return <SentPicture key={id} image={image} read={read} />;
}

function Bubble({ row, isOwn }: { readonly row: RoomRow; readonly isOwn: boolean }) {
  const { i18n } = useTranslation();
  const { t } = useLazyTexts("rooms");
  const { line, pending } = row;
  const { text = "", picture } = line ?? pending ?? {};
  return (
    <div
      dir="auto"
      title={fullTime(timeOf(row), i18n.language)}
      className={`bubble max-w-[85%] min-w-0 rounded-card px-3 py-2 ${picture === undefined ? "" : "mt-1"} ${isOwn ? "bg-sunken dark:bg-raised" : "border border-hairline"}`}
    >
      {line?.deleted === true ? (
        <p className="text-small text-soft italic">{t("deleted")}</p>
      ) : (
        <Markdown text={text} streaming={false} />
      )}
      {line?.edited === true && !line.deleted ? (
        <p className="text-caption text-faint">{t("edited")}</p>
      ) : undefined}
    </div>
  );
}
