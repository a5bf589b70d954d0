import * as z from "zod/mini";
import type { ScreenImage, WindowPicture } from "../screen-image.ts";
import { settingsPatchSchema } from "../settings.ts";
import { command, id, nothing, text } from "./command.ts";

/** An answer may be megabytes long, and is copied whole. */
const COPY_MAX_CHARS = 64 * 1024 * 1024;

const captureTarget = z.discriminatedUnion("area", [
  z.strictObject({ area: z.literal("screen") }),
  z.strictObject({ area: z.literal("region") }),
  z.strictObject({ area: z.literal("window"), id }),
]);
/** What a picture is taken of. */
export type CaptureTarget = Readonly<z.infer<typeof captureTarget>>;

/** Settings, and what the window's host does for it. */
export const appCommands = {
  updateSettings: command<void>()(settingsPatchSchema),
  /** Of the composer, or of the field of a room, by whoever is signed in. */
  saveDraft: command<void>()(z.strictObject({ text, room: z.optional(id) })),
  /**
   * Takes a picture of the screen without this window, of a part that the person chooses, or of a window of `listWindows`.
   * On a page the browser asks what to show, whatever the target. Throws NO_DISPLAY, SCREEN_REFUSED, NOT_ALLOWED (setting
   * `never`), CANCELLED (the person chose nothing), DISPLAY_CHANGED, WINDOW_GONE.
   */
  captureScreen: command<ScreenImage>()(captureTarget),
  /** Windows of other programs, the frontmost first; desktop only. Throws as `captureScreen`. */
  listWindows: command<readonly WindowPicture[]>()(nothing),
  /**
   * Opens a link of an answer in the person's browser; only https and mailto, and one that carries data only when it was
   * `asked` about. Throws NOT_ALLOWED.
   */
  openExternal: command<void>()(
    z.strictObject({ url: z.string().check(z.maxLength(8192)), asked: z.optional(z.literal(true)) }),
  ),
  /** Opens the system's settings where reading the screen is allowed; nothing where the system has no such place. */
  openScreenSettings: command<void>()(nothing),
  copyText: command<void>()(z.strictObject({ text: z.string().check(z.maxLength(COPY_MAX_CHARS)) })),
  /**
   * Pastes a complete answer in place of the text that was selected in another program, and hides the window; desktop only.
   * `pasted: false`: that is not possible there, and the answer is in the clipboard. Throws INVALID_REQUEST, NOT_ALLOWED on a page.
   */
  replaceSelection: command<{ readonly pasted: boolean }>()(z.strictObject({ messageId: id })),
  /** Hides the window and gives the focus back; in a browser nothing. */
  hideWindow: command<void>()(nothing),
} as const;
