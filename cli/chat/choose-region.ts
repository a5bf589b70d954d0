import { rm } from "node:fs/promises";
import { PipitError } from "#contract/pipit-error.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import { askApp } from "#engine/node/processes/app-control.ts";
import { readImageFile } from "#engine/node/screen/image-file.ts";

/**
 * Lets the person choose a part of the screen in the app that runs: a terminal cannot show the screen to choose from.
 *
 * @throws PipitError SERVER_UNREACHABLE when no app runs, CANCELLED when nothing was chosen, and what the app says
 */
export async function chooseRegion(home: string, signal: AbortSignal): Promise<ScreenImage> {
  const { picture } = await ask(home, signal);
  if (picture === undefined)
    throw new PipitError(
      "INTERNAL",
      "The Pipit app that runs is older than this program. Quit it and start it again.",
    );
  if ("code" in picture) throw new PipitError(picture.code, picture.message);
  try {
    return await readImageFile(picture.path);
  } finally {
    await rm(picture.path, { force: true });
  }
}

async function ask(home: string, signal: AbortSignal) {
  try {
    return await askApp(home, { command: "region" }, signal);
  } catch (reason) {
    const error = PipitError.from(reason);
    if (error.code !== "SERVER_UNREACHABLE") throw error;
    throw new PipitError(
      "SERVER_UNREACHABLE",
      "A part of the screen is chosen in the Pipit app, which does not run. Start it, or use --screenshot for the whole screen.",
    );
  }
}
