import { html } from "./html.ts";
import { clientNameIn, textsFor, type PageLanguage } from "./page-language.ts";
import { fill, type Page } from "./page-shell.ts";

export interface ConsentPageView {
  readonly language: PageLanguage;
  readonly action: string;
  readonly clientName: string;
  readonly accountName: string;
  /** What is asked for; empty for a client of ours, which only must be seen. */
  readonly scopes: readonly string[];
  readonly formTarget: string | undefined;
}

/** Who asks for what, and the choice. */
export function consentPage(view: ConsentPageView): Page {
  const { consent, scopes: words } = textsFor(view.language);
  const asks = view.scopes.length > 0;
  const title = asks
    ? consent.title
    : fill(consent.seen, { name: clientNameIn(view.language, view.clientName) });
  const list =
    asks &&
    html`<p>${fill(consent.lead, { name: clientNameIn(view.language, view.clientName) })}</p>
      <ul>
        ${view.scopes.map((scope) => html`<li>${words[scope] ?? scope}</li>`)}
      </ul>
      <p class="soft">${consent.keepSigned}</p>`;
  return {
    language: view.language,
    title,
    formTarget: view.formTarget,
    content: html`<h1>${title}</h1>
      <p class="soft">${fill(consent.as, { name: view.accountName })}</p>
      ${list}
      <form method="post" action="${view.action}">
        <button type="submit" name="decision" value="allow">${asks ? consent.allow : consent.goOn}</button>
        <button class="quiet" type="submit" name="decision" value="deny">
          ${asks ? consent.deny : consent.cancel}
        </button>
      </form>`,
  };
}
