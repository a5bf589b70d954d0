import { flag, html } from "./html.ts";
import { clientNameIn, textsFor, type PageLanguage } from "./page-language.ts";
import { fill, type Page } from "./page-shell.ts";

export interface SignInPageView {
  readonly language: PageLanguage;
  /** Where the form goes: this very page. */
  readonly action: string;
  readonly clientName: string;
  /** The login as typed, or as the application suggests. */
  readonly login: string;
  /** Sealed login and password of the step before, when only the code is missing. */
  readonly proof?: string | undefined;
  /** What was wrong with the last attempt, in words. */
  readonly problem?: string | undefined;
  readonly status?: number;
  readonly retryAfterMs?: number | undefined;
  readonly formTarget: string | undefined;
}

/** Login and password, or the code of the second factor once these were right. */
export function signInPage(view: SignInPageView): Page {
  const { signIn } = textsFor(view.language);
  const problem =
    view.problem !== undefined && html`<p class="problem" id="problem" role="alert">${view.problem}</p>`;
  return {
    status: view.status,
    language: view.language,
    title: signIn.title,
    formTarget: view.formTarget,
    retryAfterMs: view.retryAfterMs,
    content: html`<h1>${signIn.title}</h1>
      <p class="soft">${fill(signIn.lead, { name: clientNameIn(view.language, view.clientName) })}</p>
      ${problem}
      <form method="post" action="${view.action}">
        ${view.proof === undefined ? passwordFields(view) : codeFields(view, view.proof)}
        <button type="submit">${signIn.submit}</button>
        <button class="quiet" type="submit" name="cancel" value="yes" formnovalidate>${signIn.cancel}</button>
      </form>`,
  };
}

function passwordFields({ language, login, problem }: SignInPageView) {
  const { signIn } = textsFor(language);
  const described = problem !== undefined && html` aria-describedby="problem"`;
  return html`<div class="field">
      <label for="login">${signIn.login}</label>
      <input
        id="login"
        name="login"
        type="text"
        value="${login}"
        autocomplete="username"
        autocapitalize="none"
        spellcheck="false"
        maxlength="256"
        required${flag("autofocus", login === "")}
      />
    </div>
    <div class="field">
      <label for="password">${signIn.password}</label>
      <input
        id="password"
        name="password"
        type="password"
        autocomplete="current-password"
        maxlength="1024"
        required${flag("autofocus", login !== "")}${described}
      />
    </div>`;
}

function codeFields({ language, login, problem }: SignInPageView, proof: string) {
  const { signIn } = textsFor(language);
  const described = html` aria-describedby="${problem === undefined ? "hint" : "problem hint"}"`;
  return html`<input type="hidden" name="login" value="${login}" />
    <input type="hidden" name="proof" value="${proof}" />
    <p>${signIn.codeLead}</p>
    <div class="field">
      <label for="otp">${signIn.code}</label>
      <input
        class="code-input"
        id="otp"
        name="otp"
        type="text"
        autocomplete="one-time-code"
        autocapitalize="none"
        spellcheck="false"
        maxlength="64"
        required
        autofocus${described}
      />
      <p class="hint" id="hint">${signIn.codeHint}</p>
    </div>`;
}
