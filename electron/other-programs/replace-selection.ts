import { setTimeout as sleep } from "node:timers/promises";
import { answerText, type ChatState } from "#contract/chat-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { KeptClipboard } from "./kept-clipboard.ts";
import type { FrontProgram, OtherPrograms } from "./front-program.ts";

/** A program takes what is pasted from the clipboard itself, and tells nobody when it has it. */
const TAKEN_WITHIN_MS = 1_000;

/** A line end that is pasted into one runs what stands before it. */
const TERMINALS =
  /^(?:.*term(?:inal)?(?:-.*|\d)?|alacritty|kitty|konsole|guake|yakuake|tilix|tilda|foot|warp|ghostty|hyper)$/iu;

export interface ReplaceSelectionOptions {
  readonly programs: OtherPrograms | undefined;
  readonly clipboard: KeptClipboard;
  readonly window: { show(): void; hide(): void };
  readonly messages: () => ChatState["messages"];
}

/** The way of an answer back to the selected text that its question came with. */
export function createReplaceSelection({ programs, clipboard, window, messages }: ReplaceSelectionOptions) {
  let target: { readonly program: FrontProgram | undefined } | undefined;
  return {
    /** The selected text was taken from this program, or from one that the system does not tell. */
    taken(program: FrontProgram | undefined): void {
      target = { program };
    },
    /**
     * Pastes the answer there, once for each selected text, and gives the clipboard back what it held. `pasted: false`: it is
     * in the clipboard, for the person to paste. Only whole answers, and no other text: the page asks for this.
     *
     * @throws PipitError INVALID_REQUEST
     */
    async replace(messageId: string): Promise<{ readonly pasted: boolean }> {
      const text = wholeAnswer(messages(), messageId);
      if (target === undefined) throw refused("No selected text was taken that an answer could replace.");
      const { program } = target;
      if (programs === undefined || program === undefined || TERMINALS.test(program.name)) {
        await clipboard.put(text);
        return { pasted: false };
      }
      target = undefined;
      const before = await clipboard.take();
      await clipboard.put(text);
      window.hide();
      const pasted = await programs.paste(program);
      if (!pasted) {
        target = { program };
        window.show();
        return { pasted };
      }
      await sleep(TAKEN_WITHIN_MS);
      // The person may have copied something meanwhile.
      if (await clipboard.holds(text)) await before.putBack();
      return { pasted };
    },
  };
}

function wholeAnswer(messages: ChatState["messages"], messageId: string): string {
  const message = messages.find(({ id }) => id === messageId);
  if (message?.role !== "assistant" || message.status !== "done")
    throw refused("Only an answer that is complete can replace the selected text.");
  return answerText(message);
}

function refused(message: string): PipitError {
  return new PipitError("INVALID_REQUEST", message);
}
