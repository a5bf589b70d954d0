import { MARK_BODY, MARK_LEGS } from "#contract/pipit-mark-paths.ts";
import { waitSecondsOf } from "../../kit/retry.ts";
import { html, type Html } from "./html.ts";
import type { PageLanguage } from "./page-language.ts";
import { pageStyle } from "./page-style.ts";

/** A page as it goes out. */
export interface Page {
  /** Default: 200. */
  readonly status?: number | undefined;
  readonly language: PageLanguage;
  readonly title: string;
  readonly content: Html;
  /** Address to which its form may lead in the end, beside this server: Chromium checks redirects against the policy. */
  readonly formTarget?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

export const PAGE_CONTENT_TYPE = "text/html; charset=utf-8";

/** The whole document. No script and no style of its own: the policy forbids both. */
export function renderPage({ language, title, content }: Page): string {
  const page = html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title} · Pipit</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="${pageStyle.path}" />
      </head>
      <body>
        <main>
          <svg class="mark" viewBox="0 0 32 32" fill="none" aria-hidden="true">
            <path fill="currentColor" fill-rule="evenodd" d="${MARK_BODY}" />
            <path stroke="currentColor" stroke-width="2" stroke-linecap="round" d="${MARK_LEGS}" />
          </svg>
          ${content}
        </main>
      </body>
    </html> `;
  return page.markup;
}

/** A page that says one thing, and asks for nothing. */
export function messagePage(language: PageLanguage, title: string, text: string): Page {
  return {
    language,
    title,
    content: html`<h1>${title}</h1>
      <p>${text}</p>`,
  };
}

/** Headers of a page; `cache-control: no-store` and `nosniff` are of every answer. */
export function pageHeaders(
  page: Pick<Page, "formTarget" | "retryAfterMs">,
): Readonly<Record<string, string>> {
  const target = page.formTarget === undefined ? "" : ` ${formActionSource(page.formTarget)}`;
  return {
    "cache-control": "no-store",
    "content-security-policy":
      "default-src 'none'; style-src 'self'; img-src 'self' data:; " +
      `form-action 'self'${target}; frame-ancestors 'none'; base-uri 'none'`,
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=()",
    // Not "no-referrer": a form's origin would then be "null", and could not be told from a foreign page's.
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    ...(page.retryAfterMs === undefined ? {} : { "retry-after": String(waitSecondsOf(page.retryAfterMs)) }),
  };
}

/** A source expression for a redirect address (CSP Level 3 §2.3.1): its grammar has no IPv6 literals. */
export function formActionSource(address: string): string {
  const url = URL.parse(address);
  if (url === null) return "";
  const isWeb = url.protocol === "http:" || url.protocol === "https:";
  return isWeb && !url.hostname.startsWith("[") ? url.origin : url.protocol;
}

/** Puts values in place of `{name}` and `{seconds}`. */
export function fill(text: string, values: { readonly name?: string; readonly seconds?: number }): string {
  return text
    .replaceAll("{seconds}", () => String(values.seconds ?? ""))
    .replaceAll("{name}", () => values.name ?? "");
}
