import { waitSecondsOf } from "../../kit/retry.ts";
import { html } from "./html.ts";
import { textsFor, type PageLanguage } from "./page-language.ts";
import type { PageProblem } from "./texts-en.ts";
import { fill, type Page } from "./page-shell.ts";

export interface ErrorPageView {
  readonly language: PageLanguage;
  readonly status: number;
  readonly problem: PageProblem | undefined;
  readonly retryAfterMs?: number | undefined;
  /** For the developer of the application: the code and text of OAuth. */
  readonly details?: { readonly code: string; readonly text: string | undefined } | undefined;
}

/** What went wrong, in words; what a developer needs is folded away. */
export function errorPage(view: ErrorPageView): Page {
  const { error } = textsFor(view.language);
  const { details } = view;
  return {
    status: view.status,
    language: view.language,
    title: error.title,
    retryAfterMs: view.retryAfterMs,
    content: html`<h1>${error.title}</h1>
      <p role="alert">${problemText(view.language, view.problem, view.retryAfterMs)}</p>
      ${
        details !== undefined &&
        html`<details>
          <summary>${error.details}</summary>
          <dl>
            <dt>error</dt>
            <dd>${details.code}</dd>
            ${
              details.text !== undefined &&
              html`<dt>error_description</dt>
                <dd>${details.text}</dd>`
            }
          </dl>
        </details>`
      }`,
  };
}

/** A problem in words. */
export function problemText(
  language: PageLanguage,
  problem: PageProblem | undefined,
  retryAfterMs: number | undefined,
): string {
  const { problems, failed } = textsFor(language);
  const text = (problem === undefined ? undefined : problems[problem]) ?? failed;
  return fill(text, { seconds: waitSecondsOf(retryAfterMs ?? 1000) });
}
