import type { FastifyReply, FastifyRequest } from "fastify";
import { PipitError } from "#contract/pipit-error.ts";
import type { Site } from "#server/http/kit/site.ts";
import { errorPage } from "../pages/error-page.ts";
import { pageLanguageOf, type PageLanguage } from "../pages/page-language.ts";
import { PAGE_CONTENT_TYPE, pageHeaders, renderPage, type Page } from "../pages/page-shell.ts";
import type { PageProblem } from "../pages/texts-en.ts";

/** A refusal that is shown as a page. */
export class PageError extends Error {
  override readonly name = "PageError";
  readonly status: 400 | 403 | 404;
  readonly problem: PageProblem;

  constructor(status: 400 | 403 | 404, problem: PageProblem) {
    super(problem);
    this.status = status;
    this.problem = problem;
  }
}

/** Sends a page by Fastify. */
export function sendPage(reply: FastifyReply, page: Page): FastifyReply {
  for (const [name, value] of Object.entries(pageHeaders(page))) reply.header(name, value);
  return reply
    .code(page.status ?? 200)
    .type(PAGE_CONTENT_TYPE)
    .send(renderPage(page));
}

/** Any failure of a page as a page. Failures of the server are thrown on after it is written, for the log. */
export function errorPageOf(reason: unknown, language: PageLanguage): Page {
  if (reason instanceof PageError)
    return errorPage({ language, status: reason.status, problem: reason.problem });
  if (isLostInteraction(reason)) return errorPage({ language, status: 400, problem: "request-expired" });
  const { code, httpStatus: status, retryAfterMs } = PipitError.from(reason);
  return errorPage({ language, status, problem: code, retryAfterMs });
}

/** The language that the application or the browser asks for. */
export function languageOf(request: FastifyRequest, uiLocales?: unknown): PageLanguage {
  return pageLanguageOf({ uiLocales, acceptLanguage: request.headers["accept-language"] });
}

/** The form of a page of ours. Throws PageError when another page sent it, or when it is no form. */
export function readOwnForm(site: Site, request: FastifyRequest): URLSearchParams {
  if (!site.isOwnPage(request.headers)) throw new PageError(403, "foreign-page");
  if (!(request.body instanceof URLSearchParams)) throw new PageError(400, "request-expired");
  return request.body;
}

/** The library's word for a cookie or a record that is gone. */
function isLostInteraction(reason: unknown): boolean {
  return reason instanceof Error && reason.constructor.name === "SessionNotFound";
}
