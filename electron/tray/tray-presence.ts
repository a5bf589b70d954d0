import { execFile } from "node:child_process";

const ASK_TIMEOUT_MS = 1_000;
const QUESTION = [
  "--session",
  "--print-reply",
  "--dest=org.freedesktop.DBus",
  "/org/freedesktop/DBus",
  "org.freedesktop.DBus.NameHasOwner",
  "string:org.kde.StatusNotifierWatcher",
];

/**
 * Whether this desktop shows tray icons. Only Linux desktops may not: they say so on the session's bus. Without a bus, or a
 * tool to ask it, an X11 session may still have a tray of the old kind, and Wayland has none.
 */
export async function hasTray(
  platform: NodeJS.Platform,
  session: { readonly sessionBus: boolean; readonly wayland: boolean },
): Promise<boolean> {
  if (platform !== "linux") return true;
  const answer = session.sessionBus ? await askBus() : undefined;
  return answer ?? !session.wayland;
}

/** Undefined when the desktop does not answer. */
function askBus(): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    execFile("dbus-send", QUESTION, { timeout: ASK_TIMEOUT_MS }, (error, stdout) => {
      resolve(error === null ? /boolean true/u.test(stdout) : undefined);
    });
  });
}
