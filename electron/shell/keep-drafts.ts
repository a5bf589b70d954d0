import { hasLeft, type AuthState } from "#contract/auth-state.ts";
import { withRoomDraft } from "#contract/rooms/room-drafts.ts";
import { accountOf } from "#engine/app/chat-files.ts";
import type { WindowPort } from "#engine/app/app-ports.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import type { DesktopFiles } from "./settings-file.ts";

type DraftFiles = Pick<DesktopFiles, "draft" | "roomDrafts">;

/** Writes down what is being written, by whoever is signed in. */
export function createSaveDraft(
  { draft, roomDrafts }: DraftFiles,
  auth: () => AuthState,
): WindowPort["saveDraft"] {
  return async (text, room) => {
    if (room === undefined) return await draft.set({ text });
    const accountId = accountOf(auth());
    if (accountId !== undefined)
      await roomDrafts.set(withRoomDraft(roomDrafts.get(), { accountId, room, text }));
  };
}

/** Nothing that an account was writing to rooms stays when it signs out; the composer's text the window takes back. */
export function forgetRoomDrafts({ roomDrafts }: DraftFiles, auth: ReadonlyStore<AuthState>): void {
  auth.subscribe((state, before) => {
    const accountId = accountOf(before);
    if (!hasLeft(state) || accountId === undefined) return;
    const others = roomDrafts.get().filter((draft) => draft.accountId !== accountId);
    roomDrafts.set(others).catch(() => undefined);
  });
}
