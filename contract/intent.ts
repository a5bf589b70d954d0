import type { HandedOver } from "./commands/window.ts";
import type { ErrorCode } from "./error-codes.ts";
import type { GivenPrompt } from "./prompts.ts";
import type { ScreenImage } from "./screen-image.ts";

/** A file that the person gave to Pipit outside of its window. */
export interface GivenFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A program beside Pipit, as it may be told with a question. */
export interface NamedProgram {
  readonly name: string;
  /** Of its window; "": the system does not tell. */
  readonly title: string;
  /** Whether the person wants it told every time, or is to be asked. */
  readonly tell: "always" | "ask";
}

/** Text comes with it that was selected in another program: the answer may take its place there. */
export interface SelectedFrom {
  /** That program, where the person lets it be told. */
  readonly program?: NamedProgram;
}

/** Something the host wants the window to do, at once and once. */
export type Intent =
  | { readonly kind: "focus-composer" }
  | {
      readonly kind: "open";
      readonly view:
        | "chat"
        | "settings"
        | "sign-in"
        | "chats"
        | "model"
        | "picture"
        | "shortcuts"
        | "prompts";
    }
  | { readonly kind: "room"; readonly room: string }
  /** A picture taken before the window came up; it goes into the composer, where it can be removed. */
  | { readonly kind: "attach"; readonly image: ScreenImage }
  /** Files that were dropped on the tray; they go into the composer as those that are dropped on the window. */
  | { readonly kind: "files"; readonly files: readonly GivenFile[] }
  /** Text from outside (a `pipit:` link, a selection); it goes into the composer and is never sent by itself. */
  | { readonly kind: "compose"; readonly text: string; readonly selected?: SelectedFrom }
  /** One of the person's own prompts, called by its keys; it goes into the composer and is never sent by itself. */
  | ({ readonly kind: "prompt"; readonly selected?: SelectedFrom } & GivenPrompt)
  /** The chat moves to another window: the command `handOver` is to say what the composer holds. */
  | { readonly kind: "hand-over" }
  /** What the composer of the window held that had the chat before; it takes the place of what is in this one. */
  | ({ readonly kind: "composer" } & HandedOver)
  /** Something went wrong outside any command; `message` is safe to show. */
  | { readonly kind: "problem"; readonly code: ErrorCode; readonly message: string };
