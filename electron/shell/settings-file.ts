import { join } from "node:path";
import * as z from "zod/mini";
import { defaultSettings, settingsSchema, type Settings } from "#contract/settings.ts";
import { promptsSchema, type Prompt } from "#contract/prompts.ts";
import type { Logger } from "#contract/logger.ts";
import type { RoomDraft } from "#contract/rooms/room-drafts.ts";
import { openJsonFile } from "./json-file.ts";
import type { UpdateMemory } from "../update/updates.ts";
import type { Bounds } from "../windows/window-place.ts";

/** What the desktop app keeps between starts, in `<home>/desktop`. */
export type DesktopFiles = Awaited<ReturnType<typeof openDesktopFiles>>;

const draftSchema = z.object({ text: z.string() });
const roomDraftsSchema = z.array(z.object({ accountId: z.string(), room: z.string(), text: z.string() }));
const placesSchema = z.record(
  z.string(),
  z.object({ x: z.int(), y: z.int(), width: z.int(), height: z.int() }),
);

const consentsSchema = z.array(z.string());

const updatesSchema = z.object({
  checkedAtMs: z.number(),
  installing: z.optional(z.object({ from: z.string(), to: z.string() })),
});

/** Only macOS has dictionaries of its own: elsewhere they would be fetched, which the person is to decide. */
const firstSettings: Settings = { ...defaultSettings, spellcheck: process.platform === "darwin" };

/** Folder of the desktop app's own files. */
export function desktopFolder(home: string): string {
  return join(home, "desktop");
}

/**
 * Opens settings, draft, prompts and window places. Each damaged file is put aside by itself; a setting that a newer version added
 * has its default.
 *
 * @throws PipitError STORAGE_UNREADABLE, STORAGE_FULL
 */
export async function openDesktopFiles(home: string, logger: Logger) {
  const folder = desktopFolder(home);
  const open = <T>(name: string, initial: T, parse: (value: unknown) => T | undefined) =>
    openJsonFile({ path: join(folder, name), initial, parse, logger });
  const [settings, draft, roomDrafts, places, updates, prompts, consents] = await Promise.all([
    open("settings.json", firstSettings, parseSettings),
    open("draft.json", { text: "" }, (value) => draftSchema.safeParse(value).data),
    open<readonly RoomDraft[]>("room-drafts.json", [], (value) => roomDraftsSchema.safeParse(value).data),
    open<Readonly<Record<string, Bounds>>>("window.json", {}, (value) => placesSchema.safeParse(value).data),
    open<UpdateMemory>("updates.json", { checkedAtMs: 0 }, (value) => updatesSchema.safeParse(value).data),
    open<readonly Prompt[]>("prompts.json", [], (value) => promptsSchema.safeParse(value).data),
    open<readonly string[]>("prompt-consents.json", [], (value) => consentsSchema.safeParse(value).data),
  ]);
  return {
    settings,
    /** What the composer held. */
    draft,
    /** What the fields of rooms held. */
    roomDrafts,
    /** Where the window was, by display id. */
    places,
    updates,
    /** Prompts of the person's own. */
    prompts,
    /** Marks of the prompts that may read what was copied or selected (prompt-consents.ts). */
    consents,
    /** Resolves when all of it is on disk. */
    async flush(): Promise<void> {
      const files = [settings, draft, roomDrafts, places, updates, prompts, consents];
      await Promise.all(files.map((file) => file.flush()));
    },
  };
}

function parseSettings(value: unknown): Settings | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return settingsSchema.safeParse({ ...firstSettings, ...value }).data;
}
