import { clipboard, globalShortcut } from "electron";
import type { Intent } from "#contract/intent.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { KeptPrompts, Prompt } from "#contract/prompts.ts";
import type { PromptsPort } from "#engine/app/app-ports.ts";
import { givePrompt, type TextSources } from "#engine/prompts/give-prompt.ts";
import { createHotkeys, type Hotkeys } from "./hotkeys.ts";
import type { DesktopOptions } from "./start-desktop.ts";
import type { Windows } from "../windows/windows.ts";

/** The prompts of this machine and their keys. Keys are taken by `takeKeys`, which is to be called once the app's own are. */
export function openOwnPrompts({ config, files }: DesktopOptions, windows: Windows) {
  const file = files.prompts;
  const sources = sourcesOf(config);
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
  const pressed = async (accelerator: string): Promise<void> => {
    const prompt = file.get().find(({ hotkey }) => hotkey === accelerator);
    if (prompt === undefined) return;
    try {
      // Read before the window comes up, which could have a selection of its own.
      show({ kind: "prompt", ...(await give(prompt.name)) });
    } catch (reason) {
      const { code, message } = PipitError.from(reason);
      show({ kind: "problem", code, message });
    }
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
    [Symbol.dispose]() {
      for (const accelerator of taken.keys()) drop(accelerator);
    },
  };
}

function keysOf(prompts: readonly Prompt[]): readonly string[] {
  return prompts.flatMap(({ hotkey }) => hotkey ?? []);
}

/** Only X11 has what is selected in any program as a clipboard of its own. */
function sourcesOf({ display }: DesktopOptions["config"]): TextSources {
  if (process.platform !== "linux" || display.x11 === undefined) return { clipboard: copied };
  return { clipboard: copied, selection: async () => await clipboard.selection.readText() };
}

async function copied(): Promise<string> {
  return await clipboard.readText();
}
