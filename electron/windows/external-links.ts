import type { Shell } from "electron";
import { requireExternalLink } from "#contract/external-link.ts";

/**
 * Opens a link, after the user was `asked` if it carries data, in the person's browser or mail program.
 *
 * @throws PipitError NOT_ALLOWED
 */
export async function openExternalLink(
  address: string,
  shell: Pick<Shell, "openExternal">,
  asked?: boolean,
): Promise<void> {
  await shell.openExternal(requireExternalLink(address, asked).href);
}
