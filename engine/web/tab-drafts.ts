import { hasLeft, type AuthState } from "#contract/auth-state.ts";
import { draftPlaceOf, withRoomDraft, type RoomDraft } from "#contract/rooms/room-drafts.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import type { PageValues } from "./page-values.ts";

/** What older pages kept one text under, for all tabs. */
const DRAFTS = "draft";
const ROOM_DRAFTS = "room-drafts";
/** Of tabs that are gone, the oldest texts make room. */
const DRAFTS_MAX = 20;
const TAB = "pipit-tab";
const LOCK_PREFIX = "pipit-tab:";
/** A page that is being reloaded may wait for so long until its predecessor has let go. */
const LET_GO_MS = 500;

interface Draft {
  readonly tab: string;
  readonly text: string;
  /** Whose it is; absent for what was written while nobody was signed in. */
  readonly accountId?: string | undefined;
}

/** What a tab has in the field of a room. */
interface TabRoomDraft extends RoomDraft {
  readonly tab: string;
}

/** What the browser offers to tell its tabs apart; each part may be missing. */
interface Browser {
  readonly locks: LockManager | undefined;
  /** It is of one tab, and a reload keeps it. */
  readonly session: Pick<Storage, "getItem" | "setItem"> | undefined;
}

/**
 * What is being written in each tab. A tab has its own again after a reload; a new one goes on with what a tab that is gone has
 * left, and leaves alone what stands in the others.
 */
export async function openTabDrafts(values: PageValues, browser: Browser = findBrowser()) {
  const tab = await claimTab(browser);
  const update = (change: (drafts: readonly Draft[]) => readonly Draft[]) =>
    values.update(DRAFTS, (kept) => change(asDrafts(kept)).slice(-DRAFTS_MAX));
  const updateRooms = (change: (drafts: readonly TabRoomDraft[]) => readonly TabRoomDraft[]) =>
    values.update(ROOM_DRAFTS, (kept) => change(asRoomDrafts(kept)));
  const forget = () => {
    void update(() => []).catch(() => undefined);
    void updateRooms(() => []).catch(() => undefined);
  };
  const put = (text: string, accountId: string | undefined) => (drafts: readonly Draft[]) => [
    ...drafts.filter((draft) => draft.tab !== tab),
    ...(text === "" ? [] : [{ tab, text, accountId }]),
  ];
  return {
    async load(): Promise<Pick<Draft, "text" | "accountId">> {
      const drafts = asDrafts(await values.read(DRAFTS));
      const open = await openTabs(browser.locks);
      const found =
        drafts.find((draft) => draft.tab === tab) ?? drafts.findLast((draft) => !open.has(draft.tab));
      if (found === undefined) return { text: "" };
      const { text, accountId } = found;
      // Where there is no room it stays the other one's, which is no reason not to show it.
      await update((all) => put(text, accountId)(all.filter((draft) => draft.tab !== found.tab))).catch(
        () => undefined,
      );
      return { text, accountId };
    },
    /** Of each room this tab's, or the last of a tab that is gone. */
    async loadRooms(): Promise<readonly RoomDraft[]> {
      const drafts = asRoomDrafts(await values.read(ROOM_DRAFTS));
      if (drafts.length === 0) return [];
      const open = await openTabs(browser.locks);
      const gone = drafts.filter((draft) => draft.tab !== tab && !open.has(draft.tab));
      const found = new Map<string, TabRoomDraft>();
      for (const draft of [...gone, ...drafts.filter((one) => one.tab === tab)])
        found.set(draftPlaceOf(draft), { ...draft, tab });
      const others = (all: readonly TabRoomDraft[]) =>
        all.filter((draft) => draft.tab !== tab && !gone.some((one) => one.tab === draft.tab));
      // Where there is no room they stay the other ones', which is no reason not to show them.
      await updateRooms((all) => [...others(all), ...found.values()]).catch(() => undefined);
      return [...found.values()];
    },
    /** @param room whose field it is; absent: the composer's */
    async save(text: string, accountId: string | undefined, room?: string): Promise<void> {
      if (room === undefined) return void (await update(put(text, accountId)));
      if (accountId === undefined) return;
      const draft = { tab, text, accountId, room };
      const isOther = (kept: TabRoomDraft) => kept.tab !== tab || draftPlaceOf(kept) !== draftPlaceOf(draft);
      await updateRooms((drafts) => withRoomDraft(drafts, draft, isOther));
    },
    /** Nothing that one account was writing stays for the next: in the tabs that are open its user has it still. */
    follow(auth: ReadonlyStore<AuthState>): () => void {
      let owner = accountOf(auth.getState());
      return auth.subscribe((state) => {
        const next = accountOf(state);
        if (hasLeft(state) || (next !== undefined && owner !== undefined && next !== owner)) forget();
        owner = next ?? (hasLeft(state) ? undefined : owner);
      });
    },
  };
}

export function accountOf(state: AuthState): string | undefined {
  return state.kind === "signed-in" ? state.accountId : undefined;
}

function findBrowser(): Browser {
  return { locks: ifGiven(() => navigator.locks), session: ifGiven(() => sessionStorage) };
}

/** A browser that keeps nothing throws for the question. */
function ifGiven<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch {
    return undefined;
  }
}

/** A tab that was duplicated has the name of the first, which holds it: it takes another one. */
async function claimTab({ locks, session }: Browser): Promise<string> {
  const before = session?.getItem(TAB) ?? undefined;
  if (before !== undefined && (await hold(locks, before))) return before;
  const fresh = crypto.getRandomValues(new Uint32Array(4)).join("-");
  try {
    session?.setItem(TAB, fresh);
  } catch {
    // No room: a reload is then as good as a new tab.
  }
  await hold(locks, fresh);
  return fresh;
}

const tooLong: ReadonlySet<string> = new Set(["TimeoutError", "AbortError"]);

/** Holds the name for as long as the page lives; false when another tab does. Without Web Locks none is known to. */
async function hold(locks: LockManager | undefined, tab: string): Promise<boolean> {
  const held = Promise.withResolvers<boolean>();
  locks
    ?.request(LOCK_PREFIX + tab, { signal: AbortSignal.timeout(LET_GO_MS) }, async () => {
      held.resolve(true);
      await new Promise(() => undefined);
    })
    // A browser that refuses locks altogether: as without them.
    .catch((reason: unknown) => held.resolve(!tooLong.has((reason as Error).name)));
  return locks === undefined || (await held.promise);
}

async function openTabs(locks: LockManager | undefined): Promise<ReadonlySet<string>> {
  const held = (await locks?.query().catch(() => undefined))?.held ?? [];
  return new Set(held.map(({ name = "" }) => name.slice(LOCK_PREFIX.length)));
}

function asRoomDrafts(kept: unknown): readonly TabRoomDraft[] {
  if (!Array.isArray(kept)) return [];
  return kept.filter((draft: Partial<TabRoomDraft> | undefined): draft is TabRoomDraft => {
    return [draft?.tab, draft?.accountId, draft?.room, draft?.text].every((part) => typeof part === "string");
  });
}

function asDrafts(kept: unknown): readonly Draft[] {
  if (typeof kept === "string") return kept === "" ? [] : [{ tab: "", text: kept }];
  if (!Array.isArray(kept)) return [];
  return kept.filter((draft: Partial<Draft> | undefined): draft is Draft => {
    return typeof draft?.tab === "string" && typeof draft.text === "string";
  });
}
