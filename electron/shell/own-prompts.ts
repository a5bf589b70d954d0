import { clipboard, globalShortcut } from "electron";
import type { Intent } from "#contract/intent.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { KeptPrompts, Prompt } from "#contract/prompts.ts";
import type { Settings } from "#contract/settings.ts";
import type { PromptsPort } from "#engine/app/app-ports.ts";
import { givePrompt, type TextSources } from "#engine/prompts/give-prompt.ts";
import { createHotkeys, type Hotkeys } from "./hotkeys.ts";
import type { DesktopOptions } from "./start-desktop.ts";
import type { Windows } from "../windows/windows.ts";

/** The prompts of this machine and their keys. Keys are taken by `takeKeys`, which is to be called once the app's own are. */
export function openOwnPrompts(
  { config, files }: DesktopOptions,
  settings: () => Settings,
  windows: Windows,
) {
  const file = files.prompts;
  const sources = sourcesOf(config.display, settings);
  const show = (intent: Intent): void => {
    windows.show();
    windows.intend(intent);
  };
  const taken = new Map<string, Hotkeys>();
  const kept = (): KeptPrompts => {
    const prompts = file.get();
    return { prompts, refused: keysOf(prompts).filter((key) => !taken.has(key)) };
  };
  const give = (name: string) => givePrompt(file.get(), name, sources);
  /** Reads before the window comes up, which could have a selection of its own. */
  const showWhatIs = async (read: () => Promise<Intent>): Promise<void> => {
    try {
      show(await read());
    } catch (reason) {
      const { code, message } = PipitError.from(reason);
      show({ kind: "problem", code, message });
    }
  };
  const pressed = async (accelerator: string): Promise<void> => {
    const prompt = file.get().find(({ hotkey }) => hotkey === accelerator);
    if (prompt === undefined) return;
    await showWhatIs(async () => ({ kind: "prompt", ...(await give(prompt.name)) }));
  };
  const drop = (accelerator: string): void => {
    taken.get(accelerator)?.[Symbol.dispose]();
    taken.delete(accelerator);
  };
  const takeKeys = (): void => {
    const wanted = keysOf(file.get());
    for (const accelerator of taken.keys()) if (!wanted.includes(accelerator)) drop(accelerator);
    for (const accelerator of wanted) {
      if (taken.has(accelerator)) continue;
      const hotkeys = createHotkeys(globalShortcut, () => void pressed(accelerator));
      if (hotkeys.set(accelerator)) taken.set(accelerator, hotkeys);
    }
  };
  const port: PromptsPort = {
    list: async () => kept(),
    async save(prompts) {
      const saved = file.set(prompts);
      takeKeys();
      await saved;
      return kept();
    },
    give,
  };
  return {
    port,
    takeKeys,
    /** Brings the window up with what is selected elsewhere. */
    takeSelection: () => showWhatIs(() => selected(sources)),
    [Symbol.dispose]() {
      for (const accelerator of taken.keys()) drop(accelerator);
    },
  };
}

function keysOf(prompts: readonly Prompt[]): readonly string[] {
  return prompts.flatMap(({ hotkey }) => hotkey ?? []);
}

/** Only X11 has what is selected in any program as a clipboard of its own. */
export function tellsSelection({ x11 }: DesktopOptions["config"]["display"]): boolean {
  return process.platform === "linux" && x11 !== undefined;
}

function sourcesOf(display: DesktopOptions["config"]["display"], settings: () => Settings): TextSources {
  return {
    clipboard: copied,
    async selection() {
      if (tellsSelection(display)) return await clipboard.selection.readText();
      return settings().selectionFromClipboard ? await copied() : undefined;
    },
  };
}

async function copied(): Promise<string> {
  return await clipboard.readText();
}

/** For the composer, as far as the system tells it and the person lets the clipboard be taken for it. */
async function selected(sources: TextSources): Promise<Intent> {
  const whole = { name: "selection", text: "{selection}" };
  const { selection } = (await givePrompt([whole], whole.name, sources)).values;
  if (selection === undefined)
    throw new PipitError(
      "NOT_ALLOWED",
      "This system does not tell what is selected. Allow in the settings that the clipboard is taken for it, and copy before.",
    );
  return selection.trim() === "" ? { kind: "focus-composer" } : { kind: "compose", text: selection };
}
