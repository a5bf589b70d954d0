import { createStore } from "zustand/vanilla";
import { PipitError } from "#contract/pipit-error.ts";
import { mergeSettings, type Settings, type SettingsPatch } from "#contract/settings.ts";
import type { SettingsPort } from "#engine/app/app-ports.ts";
import { parseServerUrl } from "#engine/node/http/http-client.ts";
import type { JsonFile } from "./json-file.ts";

export interface DesktopSettingsOptions {
  readonly file: JsonFile<Settings>;
  /** Whether the system took this combination for this. */
  readonly takeHotkey: (name: HotkeyName, accelerator: string) => boolean;
  readonly applyTheme: (theme: Settings["theme"]) => void;
  readonly applySpelling: (wanted: boolean) => void;
  readonly applyStartAtLogin: (wanted: boolean) => Promise<void>;
}

/** The settings that are keys. */
export const hotkeyNames = ["hotkey", "regionHotkey", "selectionHotkey"] as const;
export type HotkeyName = (typeof hotkeyNames)[number];

/** The settings of this machine, and what a change of them means to its system. */
export function createDesktopSettings(options: DesktopSettingsOptions): SettingsPort {
  const { file } = options;
  const store = createStore<Settings>(() => file.get());
  return {
    store,
    async update(patch) {
      if (patch.serverUrl !== undefined && patch.serverUrl !== "") checkServerUrl(patch.serverUrl);
      const next = mergeSettings(store.getState(), withoutRefusedHotkey(patch, options));
      const saved = file.set(next);
      store.setState(next, true);
      if (patch.theme !== undefined) options.applyTheme(patch.theme);
      if (patch.spellcheck !== undefined) options.applySpelling(patch.spellcheck);
      const listed =
        patch.startAtLogin === undefined ? undefined : options.applyStartAtLogin(patch.startAtLogin);
      await Promise.all([saved, listed]);
    },
  };
}

/** A hotkey that the system refuses is not kept: the one before still works, and the hotkey's status says why. */
function withoutRefusedHotkey(patch: SettingsPatch, { takeHotkey }: DesktopSettingsOptions): SettingsPatch {
  const taken = { ...patch };
  for (const name of hotkeyNames) {
    const wanted = patch[name];
    if (wanted !== undefined && !takeHotkey(name, wanted)) delete taken[name];
  }
  return taken;
}

function checkServerUrl(address: string): void {
  try {
    parseServerUrl(address);
  } catch (reason) {
    const { code, message } = PipitError.from(reason);
    throw new PipitError(code, message, { field: "serverUrl" });
  }
}
