import { clipboard, dialog, globalShortcut } from "electron";
import type { Intent } from "#contract/intent.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { KeptPrompts, Prompt } from "#contract/prompts.ts";
import type { Settings } from "#contract/settings.ts";
import type { PromptsPort } from "#engine/app/app-ports.ts";
import { givePrompt, type TextSources } from "#engine/prompts/give-prompt.ts";
import type { OpenedOtherPrograms } from "../other-programs/open-other-programs.ts";
import { createHotkeys, type Hotkeys } from "./hotkeys.ts";
import { createPromptConsents, type Asking, type PromptConsents } from "../other-programs/prompt-consents.ts";
import type { DesktopOptions } from "./start-desktop.ts";
import type { DesktopTexts } from "./texts.ts";
import type { Windows } from "../windows/windows.ts";

interface OwnPromptsParts {
  readonly settings: () => Settings;
  readonly texts: () => DesktopTexts;
  readonly windows: Windows;
  readonly others: Pick<OpenedOtherPrograms, "look">;
}

/** The prompts of this machine and their keys. Keys are taken by `takeKeys`, which is to be called once the app's own are. */
export function openOwnPrompts(
  { config, files }: DesktopOptions,
  { settings, texts, windows, others }: OwnPromptsParts,
) {
  const file = files.prompts;
  // A dialog under a window that stays above all others could not be read.
  const ask = (asking: Asking) => windows.withWindowHidden(() => askToRead(asking, texts().reading));
  const consents = createPromptConsents(files.consents, ask);
  const isTold = tellsSelection(config.display);
  const mayTell = (): boolean => isTold || settings().selectionFromClipboard;
  const readers = readersOf(isTold);
  const sources = withConsent(readers, mayTell, consents);
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
      const front = await others.look();
      const intent = await read();
      show(holdsSelection(intent) ? { ...intent, selected: front.take() } : intent);
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
      await Promise.all([saved, consents.keepOnly([...prompts, selectionKeys])]);
      return kept();
    },
    give,
  };
  return {
    port,
    takeKeys,
    /** Brings the window up with what is selected elsewhere. */
    async takeSelection(): Promise<void> {
      // Where the system tells it, the person has just asked for it; the clipboard may hold something else.
      await showWhatIs(() => selectedText(isTold ? readers : sources, mayTell()));
    },
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

function holdsSelection(intent: Intent): intent is Intent & { readonly kind: "compose" | "prompt" } {
  return intent.kind === "compose" || (intent.kind === "prompt" && intent.values.selection !== undefined);
}

type Readers = Required<TextSources>;

function readersOf(isTold: boolean): Readers {
  return { clipboard: copied, selection: isTold ? () => clipboard.selection.readText() : copied };
}

async function copied(): Promise<string> {
  return await clipboard.readText();
}

/** Nothing is read for a prompt before the person has allowed it: the page, too, can ask for one. */
function withConsent(readers: Readers, mayTellSelection: () => boolean, consents: PromptConsents): Readers {
  return {
    clipboard: async (prompt) =>
      (await consents.allows(prompt)) ? await readers.clipboard(prompt) : undefined,
    selection: async (prompt) =>
      mayTellSelection() && (await consents.allows(prompt)) ? await readers.selection(prompt) : undefined,
  };
}

const SHOWN_CHARS = 400;

async function askToRead({ name, text }: Asking, texts: DesktopTexts["reading"]): Promise<boolean> {
  const shown = text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text;
  const { response } = await dialog.showMessageBox({
    type: "question",
    message: name === selectionKeys.name ? texts.keysQuestion : texts.question(name),
    detail: name === selectionKeys.name ? texts.keysDetail : texts.detail(shown),
    buttons: [texts.allow, texts.refuse],
    defaultId: 1,
    cancelId: 1,
  });
  return response === 0;
}

/** No prompt can have this name, which has a space. */
const selectionKeys: Asking = { name: "selection keys", text: "{selection}" };

/** For the composer, as far as the system tells it and the person lets the clipboard be taken for it. */
async function selectedText(sources: TextSources, mayTell: boolean): Promise<Intent> {
  if (!mayTell)
    throw new PipitError(
      "NOT_ALLOWED",
      "This system does not tell what is selected. Allow in the settings that the clipboard is taken for it, and copy before.",
    );
  const { selection = "" } = (await givePrompt([selectionKeys], selectionKeys.name, sources)).values;
  return selection.trim() === "" ? { kind: "focus-composer" } : { kind: "compose", text: selection };
}
