// The page's service worker. A script of its own at /sw.js, without imports, so that every browser can run it.

// TypeScript's DOM library describes the page, not this scope (https://w3c.github.io/ServiceWorker/).
interface LastingEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends LastingEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
declare function skipWaiting(): Promise<void>;
declare const clients: { claim(): Promise<void> };
/** Put in by the build (tools/build/page-shell.ts). */
declare const PAGE_SHELL: {
  /** A hash of everything that this worker keeps, and of itself. */
  readonly version: string;
  /** SHA-256 of the page, in hexadecimal digits. */
  readonly page: string;
  /** Addresses of what the page consists of; each holds a hash of the file's content. */
  readonly assets: readonly string[];
};

const PREFIX = "pipit-shell-";
const PAGE = "/";
const NAME = PREFIX + PAGE_SHELL.version;

addEventListener("install", (event) => (event as LastingEvent).waitUntil(install()));
addEventListener("activate", (event) => (event as LastingEvent).waitUntil(activate()));
addEventListener("fetch", (event) => answer(event as FetchEvent));

/** Keeps the whole shell, or nothing. */
async function install(): Promise<void> {
  try {
    const cache = await caches.open(NAME);
    await Promise.all([keepPage(cache), ...PAGE_SHELL.assets.map((path) => keepAsset(cache, path))]);
  } catch (error) {
    await caches.delete(NAME);
    throw error;
  }
  // The next load is of this build; what windows of the build before may still ask for stays.
  await skipWaiting();
}

/** The server may have another build by now, whose page and files must not be mixed with those of this one. */
async function keepPage(cache: Cache): Promise<void> {
  const response = whole(await fetch(PAGE, { cache: "no-cache" }));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await response.clone().arrayBuffer()));
  const hash = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (hash !== PAGE_SHELL.page) throw new Error("The page is of another build.");
  await cache.put(PAGE, response);
}

/** What an earlier build had under this name is the same file. */
async function keepAsset(cache: Cache, path: string): Promise<void> {
  await cache.put(path, (await kept(path)) ?? whole(await fetch(path, { priority: "low" })));
}

async function activate(): Promise<void> {
  const others = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== NAME);
  // In the order in which they were made: the last is that of the build before.
  await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
  await clients.claim();
}

/** Answers for the page and its files; everything else (the API, sign-in, other origins) is none of its business. */
function answer(event: FetchEvent): void {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (/^\/(?:[cr]\/[^/]+)?$/u.test(pathname)) event.respondWith(page(request));
  } else if (pathname.startsWith("/assets/")) event.respondWith(asset(event));
}

async function page(request: Request): Promise<Response> {
  return (await (await caches.open(NAME)).match(PAGE)) ?? (await fetch(request));
}

/** What is not of the first picture is kept when it is first needed, if the server says that it never changes. */
async function asset(event: FetchEvent): Promise<Response> {
  const { request } = event;
  const known = await kept(request);
  if (known !== undefined) return known;
  const response = await fetch(request);
  if (response.ok && response.headers.get("cache-control")?.includes("immutable") === true) {
    const copy = response.clone();
    // Without room it is asked for again.
    event.waitUntil(caches.open(NAME).then((cache) => cache.put(request, copy).catch(() => undefined)));
  }
  return response;
}

/** Which encoding a browser takes is nothing that a worker can see. */
function kept(request: Request | string): Promise<Response | undefined> {
  return caches.match(request, { ignoreVary: true });
}

/** @throws Error for anything but the file itself, e.g. the sign-in page of a proxy */
function whole(response: Response): Response {
  if (!response.ok || response.redirected) throw new Error(`HTTP ${response.status} for ${response.url}`);
  return response;
}

// oxlint-disable-next-line unicorn/require-module-specifiers -- its names are its own, though it exports none
export {};
