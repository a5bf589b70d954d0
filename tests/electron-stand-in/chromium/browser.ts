import { launchChromium, type Chromium, type ChromiumOptions } from "./chromium.ts";

/** Chromium is one for the process, as in Electron, and starts when the app is about to be ready. */
let starting: Promise<Chromium> | undefined;
let tell: (options: ChromiumOptions) => void = () => undefined;
const told = new Promise<ChromiumOptions>((resolve) => {
  tell = resolve;
});

/** Starts Chromium; `app` does this once, when paths can no longer change. */
export function startBrowser(options: ChromiumOptions): Promise<Chromium> {
  tell(options);
  return theBrowser();
}

export function theBrowser(): Promise<Chromium> {
  starting ??= told.then(launchChromium).then(refusePopups);
  return starting;
}

/** A window that a page opened: main was asked and can only have said no. */
async function refusePopups(chromium: Chromium): Promise<Chromium> {
  const { root } = chromium.connection;
  type Created = { readonly targetInfo: { readonly targetId: string; readonly openerId?: string } };
  root.on("Target.targetCreated", ({ targetInfo }: Created) => {
    const { targetId, openerId } = targetInfo;
    if (openerId !== undefined) root.sendQuietly("Target.closeTarget", { targetId });
  });
  await root.send("Target.setDiscoverTargets", { discover: true });
  return chromium;
}

/** Ends Chromium if it was ever started. */
export async function stopBrowser(): Promise<void> {
  if (starting === undefined) return;
  const chromium = await Promise.race([starting.catch(() => undefined), told.then(() => starting)]);
  await chromium?.close();
}
