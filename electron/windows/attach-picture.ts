import { PipitError } from "#contract/pipit-error.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import type { Windows } from "./windows.ts";

/** Shows the window with a picture in the composer once `take` has it, or with what went wrong; not for a person who gave it up. */
export async function attachPicture(
  windows: Pick<Windows, "show" | "intend">,
  take: () => Promise<ScreenImage>,
): Promise<void> {
  try {
    const image = await take();
    windows.show();
    windows.intend({ kind: "attach", image });
  } catch (reason) {
    const { code, message } = PipitError.from(reason);
    if (code === "CANCELLED") return;
    windows.show();
    windows.intend({ kind: "problem", code, message });
  }
}
