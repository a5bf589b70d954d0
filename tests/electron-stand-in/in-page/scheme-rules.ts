/**
 * Runs in the page, from its source text. A page of a custom scheme is one of http: in this Chromium; what only http: has, and
 * Electron's custom schemes have not, is taken away from it.
 *
 * @param schemes name of each custom scheme, and whether it may have service workers
 */
export function takeAwayFromHttp(schemes: Readonly<Record<string, boolean>>): void {
  const scheme = /\.([a-z0-9+-]+)\.localhost$/.exec(location.hostname)?.[1] ?? "";
  const allowServiceWorkers = schemes[scheme];
  if (allowServiceWorkers === undefined) return;
  Object.defineProperty(Document.prototype, "cookie", { get: () => "", set: () => {} });
  if (allowServiceWorkers || !("serviceWorker" in navigator)) return;
  const register = async () => {
    throw new TypeError(
      `Failed to register a ServiceWorker: The URL protocol of the current origin ('${scheme}://') is not supported.`,
    );
  };
  Object.defineProperty(navigator.serviceWorker, "register", { value: register });
}
