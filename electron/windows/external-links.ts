import type { Shell } from "electron";
import { requireExternalLink } from "#contract/external-link.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { isLoopbackHost } from "#engine/loopback.ts";

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

/** The pane of macOS for screen recording (Apple, "Device management: SystemPreferences"); no page has a say in it. */
const MAC_SCREEN_SETTINGS = "x-apple.systempreferences:com.apple.preference.security?Privacy_ScreenCapture";

/** Opens the system's settings where reading the screen is allowed, where there is such a place. */
export async function openScreenSettings(
  platform: NodeJS.Platform,
  shell: Pick<Shell, "openExternal">,
): Promise<void> {
  if (platform === "darwin") await shell.openExternal(MAC_SCREEN_SETTINGS);
}

/**
 * Opens a page of the server that the user signs in at: over TLS, or on this very machine.
 *
 * @throws PipitError NOT_ALLOWED
 */
export async function openServerPage(address: URL, shell: Pick<Shell, "openExternal">): Promise<void> {
  const { protocol, hostname, href } = address;
  if (protocol !== "https:" && !(protocol === "http:" && isLoopbackHost(hostname)))
    throw new PipitError("NOT_ALLOWED", "The server's sign-in page has no address that can be trusted.");
  await shell.openExternal(href);
}
