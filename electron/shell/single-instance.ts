import type { App } from "electron";
import { deepLinkOf, wishOf } from "./config.ts";

/**
 * Takes the one place of this PIPIT_HOME. False: another instance has it, was told of this start, and we must end.
 *
 * @param onSecondStart the user started the app again, to see it or with a key that shows and hides it
 * @param onLink a `pipit:` link was opened, by a second start or by macOS
 */
export function takeSingleInstance(
  app: Pick<App, "requestSingleInstanceLock" | "on">,
  onSecondStart: (wish: "toggle" | "show") => void,
  onLink: (link: string) => void,
): boolean {
  if (!app.requestSingleInstanceLock()) return false;
  app.on("second-instance", (_event, argv) => {
    const link = deepLinkOf(argv);
    if (link === undefined) onSecondStart(wishOf(argv) ?? "show");
    else onLink(link);
  });
  app.on("open-url", (event, url) => {
    event.preventDefault();
    onLink(url);
  });
  // macOS: a click on the icon of an app that runs.
  app.on("activate", () => onSecondStart("show"));
  return true;
}
