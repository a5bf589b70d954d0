/** How often a page that stays open for days asks for a newer version, when it is looked at again. */
const ASK_EVERY_MS = 60 * 60_000;

/**
 * Has the browser keep the page's own files (shell-worker.ts), so that it opens without its server. Only where the browser
 * allows it: over TLS or on this machine, and not in a window that forgets.
 *
 * @param onNewVersion told when a newer build is there, which the next load shows
 */
export function keepShell(onNewVersion: () => void): void {
  const serviceWorker = workers();
  if (serviceWorker === undefined) return;
  let controlled = serviceWorker.controller !== null;
  serviceWorker.addEventListener("controllerchange", () => {
    const replaced = controlled;
    controlled = true;
    if (replaced) void isOutdated().then((outdated) => outdated && onNewVersion());
  });
  let askedMs = Date.now();
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible" || Date.now() - askedMs < ASK_EVERY_MS) return;
    askedMs = Date.now();
    void ask(serviceWorker);
  });
  // A browser that refuses has its reasons: the page works without.
  serviceWorker.register("/sw.js", { updateViaCache: "none" }).catch(() => undefined);
}

/** Undefined where there are none; some browsers that store nothing throw for the question. */
function workers(): ServiceWorkerContainer | undefined {
  try {
    return (navigator as Partial<Navigator>).serviceWorker;
  } catch {
    return undefined;
  }
}

async function ask(serviceWorker: ServiceWorkerContainer): Promise<void> {
  try {
    await (await serviceWorker.getRegistration())?.update();
  } catch {
    // No server, or half a build: the next time.
  }
}

/** False for a page that came from the server when the worker was still of the build before. */
async function isOutdated(): Promise<boolean> {
  const own = document.querySelector<HTMLScriptElement>("script[type=module][src]")?.src;
  const response = await fetch("/", { cache: "no-cache" }).catch(() => undefined);
  if (own === undefined || response?.ok !== true) return true;
  return !(await response.text()).includes(new URL(own).pathname);
}
