import { createStore } from "zustand/vanilla";
import { defaultSettings, mergeSettings, settingsSchema, type Settings } from "#contract/settings.ts";
import type { SettingsPort } from "#engine/app/app-ports.ts";
import type { PageValues } from "./page-values.ts";
import { openTabChannel } from "./tab-channel.ts";

const SETTINGS = "settings";
const CHANNEL = "pipit-settings";

/** The settings in this browser; a change in one tab is a change in all. One that cannot be kept counts in this tab. */
export async function openPageSettings(values: PageValues): Promise<SettingsPort & Disposable> {
  const store = createStore<Settings>()(() => defaultSettings);
  const reread = async (): Promise<void> => {
    store.setState(toSettings(await values.read(SETTINGS)), true);
  };
  await reread();
  // The message carries no settings: they could be older than a change of this tab.
  const channel = openTabChannel<"changed">(CHANNEL, () => void reread().catch(() => undefined));
  return {
    store,
    async update(patch) {
      // Shown at once: a switch that waits for a disk jumps back under the finger.
      store.setState(mergeSettings(store.getState(), patch), true);
      await values.update(SETTINGS, (kept) => mergeSettings(toSettings(kept), patch));
      channel.tell("changed");
    },
    [Symbol.dispose]: () => channel[Symbol.dispose](),
  };
}

/** What is not readable (an older or newer page wrote it) is as it was at first; the rest stays. */
function toSettings(kept: unknown): Settings {
  const record = typeof kept === "object" && kept !== null ? (kept as Record<string, unknown>) : {};
  const read = Object.entries(settingsSchema.shape).flatMap(([name, schema]) => {
    const parsed = schema.safeParse(record[name]);
    return parsed.success ? [[name, parsed.data]] : [];
  });
  return { ...defaultSettings, ...(Object.fromEntries(read) as Partial<Settings>) };
}
