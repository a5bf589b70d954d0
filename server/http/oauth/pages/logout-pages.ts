import { html } from "./html.ts";
import { clientNameIn, textsFor, type PageLanguage } from "./page-language.ts";
import { fill, messagePage, type Page } from "./page-shell.ts";

export interface LogoutPageView {
  readonly language: PageLanguage;
  readonly action: string;
  readonly xsrf: string;
  /** Who asks; undefined when the person does. */
  readonly clientName: string | undefined;
  /** No user is signed in: only the way on is left. */
  readonly signedOut: boolean;
  readonly formTarget: string | undefined;
}

/** Asks before signing out (OpenID Connect RP-Initiated Logout §2: any page can send a browser here). */
export function logoutPage(view: LogoutPageView): Page {
  const { logout } = textsFor(view.language);
  const title = view.signedOut ? logout.goOnTitle : logout.title;
  const ask =
    view.clientName === undefined
      ? logout.lead
      : fill(logout.leadFor, { name: clientNameIn(view.language, view.clientName) });
  return {
    language: view.language,
    title,
    formTarget: view.formTarget,
    content: html`<h1>${title}</h1>
      <p>${view.signedOut ? logout.goOn : ask}</p>
      <form method="post" action="${view.action}">
        <input type="hidden" name="xsrf" value="${view.xsrf}" />
        <button type="submit" name="logout" value="yes">
          ${view.signedOut ? logout.continue : logout.submit}
        </button>
        ${!view.signedOut && html`<button class="quiet" type="submit">${logout.stay}</button>`}
      </form>`,
  };
}

export function loggedOutPage(language: PageLanguage): Page {
  const { logout } = textsFor(language);
  return messagePage(language, logout.doneTitle, logout.done);
}
