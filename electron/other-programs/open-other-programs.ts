import { BrowserWindow, clipboard, ClipboardItem, systemPreferences } from "electron";
import type { SelectedFrom } from "#contract/intent.ts";
import type { App } from "#engine/app/app.ts";
import type { DesktopConfig } from "../shell/config.ts";
import type { Windows } from "../windows/windows.ts";
import { createKeptClipboard } from "./kept-clipboard.ts";
import { createOtherPrograms } from "./other-programs.ts";
import { namedProgram } from "./named-program.ts";
import { createReplaceSelection } from "./replace-selection.ts";

export type OpenedOtherPrograms = ReturnType<typeof openOtherPrograms>;

/** What Pipit does with the programs beside it on this system. */
export function openOtherPrograms(config: DesktopConfig, pipit: App, window: Windows) {
  const programs = createOtherPrograms(config, { mayControl, hasKeyboard });
  const selection = createReplaceSelection({
    programs,
    clipboard: createKeptClipboard(clipboard, ClipboardItem),
    window,
    messages: () => pipit.chat.getState().messages,
  });
  return {
    replaceSelection: (messageId: string) => selection.replace(messageId),
    /** To be called while the program that the text is selected in still has the keyboard; `take` once there is a text. */
    async look(): Promise<{ readonly take: () => SelectedFrom }> {
      const program = await programs?.front();
      return {
        take() {
          selection.taken(program);
          const named = namedProgram(program, pipit.state.getState().settings);
          return named === undefined ? {} : { program: named };
        },
      };
    },
  };
}

/** Asks the person for the permission when it is missing (macOS). */
function mayControl(): boolean {
  return systemPreferences.isTrustedAccessibilityClient(true);
}

function hasKeyboard(): boolean {
  return BrowserWindow.getFocusedWindow() !== null;
}
