import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PipitError } from "#contract/pipit-error.ts";
import type { ControlReply } from "#engine/node/processes/app-control.ts";
import type { Screenshots } from "./screenshot.ts";
import { desktopFolder } from "./settings-file.ts";

/** Lets the person choose a part of the screen for another program of theirs. Never throws. */
export type PictureFiles = () => Promise<NonNullable<ControlReply["picture"]>>;

/** The picture is in a file that only the person can read; who asked removes it. */
export function createPictureFiles(
  home: string,
  screenshots: Pick<Screenshots, "allowed" | "capture">,
  signal: AbortSignal,
): PictureFiles {
  return async () => {
    try {
      if (!screenshots.allowed())
        throw new PipitError(
          "NOT_ALLOWED",
          "Pictures of the screen are switched off in the settings of the app.",
        );
      const { bytes } = await screenshots.capture({ area: "region" }, signal);
      const path = join(desktopFolder(home), `${randomUUID()}.jpg`);
      await writeFile(path, bytes, { mode: 0o600, flag: "wx" });
      return { path };
    } catch (reason) {
      const { code, message } = PipitError.from(reason);
      return { code, message };
    }
  };
}
