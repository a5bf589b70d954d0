import { join } from "node:path";
import * as z from "zod/mini";
import { defaultSettings, settingsSchema, type Settings } from "#contract/settings.ts";
import type { Logger } from "#contract/logger.ts";
import { openJsonFile, type JsonFile } from "./json-file.ts";
import type { Bounds } from "../windows/window-place.ts";

/** What the desktop app keeps between starts, in `<home>/desktop`. */
export interface DesktopFiles {
  readonly settings: JsonFile<Settings>;
  /** What the composer held. */
  readonly draft: JsonFile<string>;
  /** Where the window was, by display id. */
  readonly places: JsonFile<Readonly<Record<string, Bounds>>>;
  /** Resolves when all of it is on disk. */
  flush(): Promise<void>;
}

const draftSchema = z.object({ text: z.string() });
const placesSchema = z.record(
  z.string(),
  z.object({ x: z.int(), y: z.int(), width: z.int(), height: z.int() }),
);

/** Folder of the desktop app's own files. */
export function desktopFolder(home: string): string {
  return join(home, "desktop");
}

/**
 * Opens settings, draft and window places. Each damaged file is put aside by itself; a setting that a newer version added
 * has its default.
 *
 * @throws PipitError STORAGE_UNREADABLE, STORAGE_FULL
 */
export async function openDesktopFiles(home: string, logger: Logger): Promise<DesktopFiles> {
  const folder = desktopFolder(home);
  const [settings, draftFile, places] = await Promise.all([
    openJsonFile({
      path: join(folder, "settings.json"),
      initial: defaultSettings,
      parse: parseSettings,
      logger,
    }),
    openJsonFile({
      path: join(folder, "draft.json"),
      initial: { text: "" },
      parse: (value) => draftSchema.safeParse(value).data,
      logger,
    }),
    openJsonFile<Readonly<Record<string, Bounds>>>({
      path: join(folder, "window.json"),
      initial: {},
      parse: (value) => placesSchema.safeParse(value).data,
      logger,
    }),
  ]);
  const draft: JsonFile<string> = {
    setAside: draftFile.setAside,
    get: () => draftFile.get().text,
    set: (text) => draftFile.set({ text }),
    flush: () => draftFile.flush(),
  };
  return {
    settings,
    draft,
    places,
    async flush() {
      await Promise.all([settings.flush(), draftFile.flush(), places.flush()]);
    },
  };
}

function parseSettings(value: unknown): Settings | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return settingsSchema.safeParse({ ...defaultSettings, ...value }).data;
}
