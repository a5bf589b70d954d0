/** A page as a person without scripts has it. */
export interface BrowserPage {
  readonly status: number;
  readonly url: URL;
  readonly headers: Headers;
  readonly text: string;
}

/** A browser that keeps cookies, follows redirects of its server and sends forms; nothing runs in it. */
export interface FormBrowser {
  open(url: string, headers?: Readonly<Record<string, string>>): Promise<BrowserPage>;
  /** Fills the page's form in and sends it; `press` is the name and value of the button. */
  send(
    page: BrowserPage,
    fields: Readonly<Record<string, string>>,
    press?: readonly [name: string, value: string],
  ): Promise<BrowserPage>;
  /** Where the last redirect that left the server led. */
  leftTo(page: BrowserPage): URL;
  /** By the names that they have at a usual port. */
  readonly cookies: Map<string, string>;
  /** As it sends them to this path. */
  cookieHeader(path: string): string;
}

/** Redirects in a row; a browser gives up as well. */
const MAX_REDIRECTS = 20;

/**
 * @param origin redirects to other origins are where a flow ends
 * @param always headers of every request, as a proxy in between adds them
 */
export function createFormBrowser(
  origin: string,
  always: Readonly<Record<string, string>> = {},
): FormBrowser {
  const cookies = new Map<string, { readonly value: string; readonly path: string }>();
  const values = new Map<string, string>();

  const keep = (headers: Headers): void => {
    for (const line of headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
      const name = pair.slice(0, pair.indexOf("="));
      const value = pair.slice(name.length + 1);
      const attribute = (key: string): string | undefined =>
        attributes.find((part) => part.toLowerCase().startsWith(`${key}=`))?.slice(key.length + 1);
      const path = attribute("path") ?? "/";
      const expires = attribute("expires");
      const ended =
        attribute("max-age") === "0" || (expires !== undefined && Date.parse(expires) <= Date.now());
      const key = `${name} ${path}`;
      if (ended) cookies.delete(key);
      else cookies.set(key, { value, path });
      // As it is called at a usual port.
      const known = name.replace(/_\d+$/u, "");
      if (ended) values.delete(known);
      else values.set(known, value);
    }
  };
  const cookieHeader = (path: string): string =>
    [...cookies]
      .filter(([, cookie]) => path === cookie.path || path.startsWith(cookie.path.replace(/\/?$/, "/")))
      .map(([key, { value }]) => `${key.split(" ")[0]}=${value}`)
      .join("; ");
  const go = async (url: URL, init: RequestInit, hops: number): Promise<BrowserPage> => {
    if (hops > MAX_REDIRECTS) throw new Error(`Too many redirects at ${url.pathname}`);
    const headers = new Headers({ ...always, ...Object.fromEntries(new Headers(init.headers)) });
    headers.set("cookie", cookieHeader(url.pathname));
    const answer = await fetch(url, { ...init, headers, redirect: "manual" });
    keep(answer.headers);
    const location = answer.headers.get("location");
    const next = location === null ? undefined : new URL(location, url);
    if (next !== undefined && next.origin === origin) {
      if (answer.status !== 303) throw new Error(`${url.pathname} redirects with ${answer.status}`);
      headers.delete("content-type");
      return go(next, { headers: init.method === "POST" ? {} : headers }, hops + 1);
    }
    return { status: answer.status, url, headers: answer.headers, text: await answer.text() };
  };
  return {
    cookies: values,
    cookieHeader,
    open: (url, headers = {}) => go(new URL(url, origin), { headers }, 0),
    send(page, fields, press) {
      const form = new URLSearchParams(hiddenFieldsOf(page.text));
      for (const [name, value] of Object.entries(fields)) form.set(name, value);
      if (press !== undefined) form.set(...press);
      const action = /<form[^>]* action="([^"]+)"/.exec(page.text)?.[1];
      if (action === undefined) throw new Error(`No form on this page:\n${page.text}`);
      return go(
        new URL(action, page.url),
        {
          method: "POST",
          body: form.toString(),
          headers: {
            "content-type": "application/x-www-form-urlencoded",
            origin,
            "sec-fetch-site": "same-origin",
          },
        },
        0,
      );
    },
    leftTo(page) {
      const location = page.headers.get("location");
      if (location === null)
        throw new Error(`The flow did not leave the server (${page.status}):\n${page.text}`);
      return new URL(location);
    },
  };
}

function hiddenFieldsOf(text: string): [string, string][] {
  return [...text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [
    name ?? "",
    (value ?? "")
      .replaceAll("&quot;", '"')
      .replaceAll("&#39;", "'")
      .replaceAll("&lt;", "<")
      .replaceAll("&amp;", "&"),
  ]);
}
