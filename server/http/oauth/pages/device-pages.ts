import { html } from "./html.ts";
import { clientNameIn, textsFor, type PageLanguage } from "./page-language.ts";
import { fill, messagePage, type Page } from "./page-shell.ts";

/** As typed: eight letters and a dash, with room for spaces. */
const MAX_CODE_CHARS = 16;

export interface DeviceFormView {
  readonly language: PageLanguage;
  readonly action: string;
  readonly xsrf: string;
  readonly userCode: string;
}

/** Asks for the code that the device shows. */
export function deviceCodePage(
  view: DeviceFormView & {
    readonly problem?: string | undefined;
    readonly status?: number;
    readonly retryAfterMs?: number | undefined;
  },
): Page {
  const { device } = textsFor(view.language);
  const problem =
    view.problem !== undefined && html`<p class="problem" id="problem" role="alert">${view.problem}</p>`;
  const described = view.problem !== undefined && html` aria-describedby="problem" aria-invalid="true"`;
  return {
    status: view.status,
    language: view.language,
    title: device.title,
    retryAfterMs: view.retryAfterMs,
    content: html`<h1>${device.title}</h1>
      <p class="soft">${device.lead}</p>
      ${problem}
      <form method="post" action="${view.action}">
        <input type="hidden" name="xsrf" value="${view.xsrf}" />
        <div class="field">
          <label for="user_code">${device.code}</label>
          <input
            class="code-input"
            id="user_code"
            name="user_code"
            type="text"
            value="${view.userCode}"
            autocomplete="off"
            autocapitalize="characters"
            spellcheck="false"
            maxlength="${MAX_CODE_CHARS}"
            required
            autofocus${described}
          />
        </div>
        <button type="submit">${device.submit}</button>
      </form>`,
  };
}

/** "Is this the device in front of you?" (RFC 8628 §5.4: a code that an attacker sent is how accounts are stolen.) */
export function deviceConfirmPage(
  view: DeviceFormView & { readonly clientName: string; readonly scopes: readonly string[] },
): Page {
  const { device, scopes: words } = textsFor(view.language);
  const list =
    view.scopes.length > 0 &&
    html`<ul>
      ${view.scopes.map((scope) => html`<li>${words[scope] ?? scope}</li>`)}
    </ul>`;
  return {
    language: view.language,
    title: device.confirmTitle,
    content: html`<h1>${device.confirmTitle}</h1>
      <p>${fill(device.confirmLead, { name: clientNameIn(view.language, view.clientName) })}</p>
      <p class="code">${view.userCode}</p>
      ${list}
      <p class="soft">${device.confirmCheck}</p>
      <form method="post" action="${view.action}">
        <input type="hidden" name="xsrf" value="${view.xsrf}" />
        <input type="hidden" name="user_code" value="${view.userCode}" />
        <button type="submit" name="confirm" value="yes">${device.confirm}</button>
        <button class="quiet" type="submit" name="abort" value="yes">${device.deny}</button>
      </form>`,
  };
}

/** The end: the device is signed in, or it is not. */
export function deviceEndPage(language: PageLanguage, outcome: "done" | "denied"): Page {
  const { device } = textsFor(language);
  return outcome === "done"
    ? messagePage(language, device.doneTitle, device.done)
    : messagePage(language, device.deniedTitle, device.denied);
}
