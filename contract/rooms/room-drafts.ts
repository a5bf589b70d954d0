/** More are not kept: the oldest make room. */
const DRAFTS_MAX = 20;

/** What somebody is writing to a room. */
export interface RoomDraft {
  readonly accountId: string;
  /** The room's id, or EVERYONE. */
  readonly room: string;
  readonly text: string;
}

/** Names the field of one account's room. */
export function draftPlaceOf({ accountId, room }: Omit<RoomDraft, "text">): string {
  return `${accountId} ${room}`;
}

/** The drafts with this one as the newest; one that is empty is none. */
export function withRoomDraft<D extends RoomDraft>(
  drafts: readonly D[],
  draft: D,
  isOther = (kept: D): boolean => draftPlaceOf(kept) !== draftPlaceOf(draft),
): readonly D[] {
  return [...drafts.filter(isOther), ...(draft.text === "" ? [] : [draft])].slice(-DRAFTS_MAX);
}
