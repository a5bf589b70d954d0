import type { Shell } from "electron";
import { requireExternalLink } from "#contract/external-link.ts";

/**
 * Opens a link in the person's browser or mail program.
 *
 * @throws PipitError NOT_ALLOWED
 */
export async function openExternalLink(address: string, shell: Pick<Shell, "openExternal">): Promise<void> {
  await shell.openExternal(requireExternalLink(address).href);
}
