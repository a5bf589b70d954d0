import { PASSWORD, type Answer, type AuthStage, type Fields } from "./auth-stage.ts";
import { createFormBrowser, type BrowserPage, type FormBrowser } from "./form-browser.ts";
import { authorizationRequest, REDIRECT } from "./oidc-stage.ts";

export const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";
/** Parameters that replace the usual ones; undefined removes one. */
export type Changes = Readonly<Record<string, string | undefined>>;

/** What an application has after a person signed in on the page. */
export interface Approved {
  readonly code: string;
  readonly verifier: string;
  readonly redirectUri: string;
  readonly clientId: string;
  /** Where the browser was sent with the code. */
  readonly left: URL;
}

/** A person signs in on the page for an application, from the request to the redirect back. */
export async function approve(
  { url }: Pick<AuthStage, "url">,
  login: string,
  changes: Changes = {},
  browser: FormBrowser = createFormBrowser(url),
): Promise<Approved> {
  const request = authorizationRequest(changes);
  const page = await browser.open(request.url);
  const left = browser.leftTo(await browser.send(page, { login, password: PASSWORD }));
  return {
    code: left.searchParams.get("code") ?? "",
    verifier: request.verifier,
    redirectUri: changes["redirect_uri"] ?? REDIRECT,
    clientId: changes["client_id"] ?? "pipit-cli",
    left,
  };
}

/** The application redeems its code. */
export function redeem(
  { post }: Pick<AuthStage, "post">,
  { code, verifier, redirectUri, clientId }: Approved,
  changes: Changes = {},
  headers: Fields = {},
): Promise<Answer> {
  const fields = {
    grant_type: "authorization_code",
    client_id: clientId,
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
    ...changes,
  };
  const form = Object.entries(fields).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return post("/oauth/token", Object.fromEntries(form), headers);
}

/** What a device shows and keeps. */
export interface Device {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly answer: Answer;
}

export async function beginDevice({ post }: Pick<AuthStage, "post">, headers: Fields = {}): Promise<Device> {
  const form = { client_id: "pipit-cli", scope: "openid api:read" };
  const answer = await post("/oauth/device_authorization", form, headers);
  return {
    deviceCode: String(answer.body["device_code"]),
    userCode: String(answer.body["user_code"]),
    answer,
  };
}

export function poll({ post }: Pick<AuthStage, "post">, { deviceCode }: Device): Promise<Answer> {
  return post("/oauth/token", { grant_type: DEVICE_GRANT, client_id: "pipit-cli", device_code: deviceCode });
}

/** A person types the code in, confirms it, and signs in. */
export async function approveDevice(
  { url }: Pick<AuthStage, "url">,
  device: Device,
  login: string,
): Promise<BrowserPage> {
  const browser = createFormBrowser(url);
  const confirm = await browser.send(await browser.open("/oauth/device"), { user_code: device.userCode });
  const signIn = await browser.send(confirm, {}, ["confirm", "yes"]);
  return browser.send(signIn, { login, password: PASSWORD });
}

/** Status and OAuth error of an answer. */
export function outcomeOf({ status, body }: Answer): readonly unknown[] {
  return [status, body["error"]];
}
