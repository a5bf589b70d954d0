import * as z from "zod/mini";
import { windowShapes } from "../app-state.ts";
import { composed } from "./chat.ts";
import { command, id, nothing, type Handlers } from "./command.ts";

/** More than any display is high. */
const HEIGHT_MAX_PX = 10_000;

/** What a composer holds, and what it knows of the text that was selected in another program. */
const handedOver = z.extend(composed, {
  selected: z.exactOptional(
    z.strictObject({
      program: z.exactOptional(
        z.strictObject({ name: z.string(), title: z.string(), tell: z.enum(["always", "ask"]) }),
      ),
    }),
  ),
  /** The question whose answer may take the place of that text. */
  replaceFor: z.exactOptional(id),
});
export type HandedOver = Readonly<z.infer<typeof handedOver>>;

/** What only a window of the desktop asks of its host. */
export const windowCommands = {
  /** Shrinks the panel to the bar, lets the bar grow, or moves the chat between the panel and a window of its own. */
  shapeWindow: command<void>()(z.strictObject({ shape: z.enum(windowShapes) })),
  /** How high the bar's content is, in CSS px. */
  fitBar: command<void>()(
    z.strictObject({ heightPx: z.int().check(z.minimum(1), z.maximum(HEIGHT_MAX_PX)) }),
  ),
  /** What the composer holds, for the window that has the chat from now on; asked for by the intent "hand-over". */
  handOver: command<void>()(handedOver),
  /** Looks for a newer version, or installs the one that was found; what it asks and tells is in dialogs of the system. */
  chooseUpdate: command<void>()(nothing),
} as const;

export type WindowCommands = Handlers<typeof windowCommands>;
