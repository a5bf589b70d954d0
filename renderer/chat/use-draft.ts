import { useEffect } from "react";
import { hasLeft, type AuthState } from "#contract/auth-state.ts";
import { PROMPT_MAX_CHARS } from "#contract/limits.ts";
import { draftPlaceOf } from "#contract/rooms/room-drafts.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import { useBridge } from "../bridge/use-bridge.ts";

const draftPauseMs = 400;
/** What the host takes; a text beyond it cannot be sent either, and the composer says so. */
const draftMaxChars = 4 * PROMPT_MAX_CHARS;

/** Keeps what is being written safe: a moment after the last key, and at once when the window may go away. */
export function useDraft(): void {
  const { commands, ui } = useBridge();
  useEffect(
    () =>
      keepDraft(
        ui.store,
        ({ text }) => text,
        (text) => commands.saveDraft({ text }),
        { kept: ui.store.getState().text, isSafeOnceGone: true },
      ),
    [commands, ui],
  );
}

/** The same for the field of a room. */
export function useRoomDraft(room: string, accountId: string): void {
  const { auth, commands, views } = useBridge();
  useEffect(() => {
    const place = draftPlaceOf({ accountId, room });
    const isTheirs = () => {
      const now = auth.getState();
      return now.kind === "signed-in" && now.accountId === accountId;
    };
    return keepDraft(
      views.store,
      ({ roomDrafts }) => roomDrafts[place] ?? "",
      // The host keeps it for whoever is signed in.
      async (text) => (isTheirs() ? await commands.saveDraft({ text, room }) : undefined),
      { kept: "", isSafeOnceGone: false },
    );
  }, [auth, commands, views, room, accountId]);
}

interface Begin {
  /** What is kept already. */
  readonly kept: string;
  /** What leaves the field is in the outbox by then. The field of a room empties at once, and its draft stays a moment longer. */
  readonly isSafeOnceGone: boolean;
}

function keepDraft<S>(
  store: ReadonlyStore<S>,
  read: (state: S) => string,
  save: (text: string) => Promise<void>,
  { kept, isSafeOnceGone }: Begin,
): () => void {
  let saved = kept;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const text = read(store.getState());
    if (text === saved || text.length > draftMaxChars) return;
    saved = text;
    // Typing goes on whether or not it could be kept; the next pause tries again.
    save(text).catch(() => {
      saved = "";
    });
  };
  const stop = store.subscribe((state, before) => {
    const text = read(state);
    if (text === read(before)) return;
    clearTimeout(timer);
    if (text === "" && isSafeOnceGone) flush();
    else timer = setTimeout(flush, draftPauseMs);
  });
  addEventListener("blur", flush);
  addEventListener("pagehide", flush);
  return () => {
    stop();
    flush();
    removeEventListener("blur", flush);
    removeEventListener("pagehide", flush);
  };
}

/** What is written while signed out belongs to whoever signs in next. */
const NO_ACCOUNT = "";

/**
 * U11: what an account was writing leaves the composer with it, and is there again when that account comes back. It is kept
 * no longer than the window: on the disk stands only what the composer holds.
 */
export function useDraftPerAccount(): void {
  const { auth, draftOwner, ui } = useBridge();
  useEffect(() => {
    const drafts = new Map<string, string>();
    let owner = draftOwner;
    const follow = (state: AuthState) => {
      const next = ownerOf(state);
      if (next === undefined || next === owner) return;
      const before = owner;
      owner = next;
      if (before === undefined || (before === NO_ACCOUNT && ui.store.getState().text !== "")) return;
      drafts.set(before, ui.store.getState().text);
      ui.detach();
      ui.store.setState({ files: [] });
      ui.write(drafts.get(next) ?? "");
      drafts.delete(next);
    };
    follow(auth.getState());
    return auth.subscribe(follow);
  }, [auth, draftOwner, ui]);
}

/** Whose the composer is; undefined where that is not known, which changes nothing: an expired sign-in is still theirs. */
function ownerOf(state: AuthState): string | undefined {
  if (state.kind === "signed-in") return state.accountId;
  return hasLeft(state) ? NO_ACCOUNT : undefined;
}
