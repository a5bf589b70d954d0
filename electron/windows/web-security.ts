import type { App, Event, Session, WebContents } from "electron";
import { isAppUrl } from "./app-origin.ts";

/** No page of ours needs a permission of the browser, or downloads: pictures, sound and clipboard go through main. */
export function denyPermissions(
  session: Pick<
    Session,
    "setPermissionRequestHandler" | "setPermissionCheckHandler" | "setDevicePermissionHandler" | "on"
  >,
): void {
  session.setPermissionRequestHandler((_contents, _permission, callback) => callback(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.on("will-download", (event) => event.preventDefault());
}

/**
 * Keeps every page where it is, whatever opened it and whatever it shows. `openLink` is given what a page wanted to
 * open.
 */
export function guardContents(app: Pick<App, "on">, openLink: (address: string) => void): void {
  app.on("web-contents-created", (_event, contents) => guard(contents, openLink));
}

function guard(contents: WebContents, openLink: (address: string) => void): void {
  contents.on("will-navigate", stay).on("will-frame-navigate", stay).on("will-redirect", stay);
  contents.on("will-attach-webview", (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    openLink(url);
    return { action: "deny" };
  });
}

function stay(event: Event<{ readonly url: string }>): void {
  if (!isAppUrl(event.url)) event.preventDefault();
}
