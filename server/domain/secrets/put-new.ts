import { link, open, rename, rm } from "node:fs/promises";
import { systemCodeOf } from "#contract/system-error.ts";

/** What a file system without hard links says to one: FAT says EPERM, others that they do not support it. */
const noLinks = /^(EPERM|ENOTSUP|EOPNOTSUPP|ENOSYS|EMLINK)$/;

/**
 * Gives a finished file its name, in one step and never over another one; the draft may be left, for its maker to remove.
 *
 * @param linkTo tests have a file system without hard links
 * @throws the file system's EEXIST when there is one already, and its other errors
 */
export async function putNew(draft: string, target: string, linkTo = link): Promise<void> {
  try {
    await linkTo(draft, target);
  } catch (reason) {
    if (!noLinks.test(systemCodeOf(reason))) throw reason;
    // Nobody else's file can be there once this one is ours.
    await (await open(target, "wx", 0o600)).close();
    try {
      await rename(draft, target);
    } catch (failed) {
      await rm(target, { force: true });
      throw failed;
    }
  }
}
