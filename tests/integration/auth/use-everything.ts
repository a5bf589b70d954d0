import { generateSync } from "otplib/functional";
import { send, type WebAnswer } from "../web-stage.ts";
import { basicOf, type Fields } from "./auth-stage.ts";
import { createFormBrowser } from "./form-browser.ts";
import { authorizationRequest, REDIRECT } from "./oidc-stage.ts";
import type { ServedProgram } from "./served-program.ts";
import { DEVICE_GRANT } from "./statements-flows.ts";

const PASSWORD = "Correct-horse-1";
const NEW_PASSWORD = "Battery-staple-2";
const WRONG = "Wrong-horse-9-typed-by-hand";
const STEP_SECONDS = 30;
/** Shorter values of cookies say something and hide nothing. */
const MIN_COOKIE_CHARS = 20;

type Body = Readonly<Record<string, unknown>>;

/** What must stay secret, by what it is. */
class Secrets {
  readonly all = new Map<string, string>([
    ["password", PASSWORD],
    ["new password", NEW_PASSWORD],
    ["wrong password", WRONG],
  ]);

  keep(name: string, value: unknown): string {
    if (typeof value !== "string" || value.length < 8) throw new Error(`no ${name}`);
    this.all.set(name, value);
    return value;
  }

  keepCookies(name: string, { headers }: WebAnswer): string {
    const pairs = (headers["set-cookie"] ?? []).map((line) => line.split(";", 1)[0] ?? "");
    for (const pair of pairs) this.keep(`${name} ${pair.split("=")[0]}`, pair.slice(pair.indexOf("=") + 1));
    return pairs.join("; ");
  }
}

/** Uses all that the auth service has at least once, rightly and wrongly; resolves to what must stay secret. */
export async function useEverything(program: ServedProgram): Promise<ReadonlyMap<string, string>> {
  const secrets = new Secrets();
  const wire = wireTo(program.url);
  const added = await program.run(["admin", "clients", "add", "worker", "--name", "W", "--confidential"]);
  await useClient(wire, secrets, secrets.keep("client secret", added.stdout.trim()));
  const registered = await wire.json("POST", "/auth/register", { login: "ann", password: PASSWORD });
  const cookie = secrets.keepCookies("registration", registered);
  await useTokens(wire, secrets);
  await usePages(program.url, wire, secrets);
  await useSecondFactor(wire, secrets, cookie);
  const change = { old_password: PASSWORD, new_password: NEW_PASSWORD };
  const { status } = await wire.json("PUT", "/auth/password", change, { cookie });
  if (status !== 200) throw new Error(`the password did not change: ${status}`);
  return secrets.all;
}

interface Wire {
  form(path: string, fields: Fields, headers?: Fields): Promise<Body>;
  json(method: string, path: string, body: object, headers?: Fields): Promise<WebAnswer>;
}

function wireTo(url: string): Wire {
  return {
    async form(path, fields, headers = {}) {
      const all = { "content-type": "application/x-www-form-urlencoded", ...headers };
      const body = new URLSearchParams(fields).toString();
      return ((await send(url, { method: "POST", path, headers: all, body })).json ?? {}) as Body;
    },
    json(method, path, body, headers = {}) {
      const all = { "content-type": "application/json", origin: url, ...headers };
      return send(url, { method, path, headers: all, body: JSON.stringify(body) });
    },
  };
}

async function useClient({ form }: Wire, secrets: Secrets, secret: string): Promise<void> {
  const grant = { grant_type: "client_credentials" };
  const given = await form("/oauth/token", grant, basicOf("worker", secret));
  secrets.keep("access token of a service", given["access_token"]);
  await form("/oauth/token", grant, basicOf("worker", WRONG));
}

/** Password grant, refresh, and reuse at the end. */
async function useTokens({ form }: Wire, secrets: Secrets): Promise<void> {
  const grant = { grant_type: "password", client_id: "pipit-cli", username: "ann", scope: "openid api:read" };
  await form("/oauth/token", { ...grant, password: WRONG });
  const first = await form("/oauth/token", { ...grant, password: PASSWORD });
  secrets.keep("ID token", first["id_token"]);
  secrets.keep("access token", first["access_token"]);
  secrets.keep("signature of an access token", String(first["access_token"]).split(".")[2]);
  let token = secrets.keep("refresh token 0", first["refresh_token"]);
  for (const count of [1, 2, 3]) {
    const next = await form("/oauth/token", {
      grant_type: "refresh_token",
      client_id: "pipit-cli",
      refresh_token: token,
    });
    token = secrets.keep(`refresh token ${count}`, next["refresh_token"]);
  }
  const reused = { grant_type: "refresh_token", client_id: "pipit-cli" };
  await form("/oauth/token", { ...reused, refresh_token: String(first["refresh_token"]) });
}

/** Code grant with a replay, and the device grant, by the pages. */
async function usePages(url: string, { form }: Wire, secrets: Secrets): Promise<void> {
  const browser = createFormBrowser(url);
  const request = authorizationRequest();
  const page = await browser.open(request.url);
  await browser.send(page, { login: "ann", password: WRONG });
  const left = browser.leftTo(await browser.send(page, { login: "ann", password: PASSWORD }));
  for (const [name, value] of browser.cookies) {
    if (value.length >= MIN_COOKIE_CHARS) secrets.keep(`cookie ${name} of the page`, value);
  }
  const redeem = {
    grant_type: "authorization_code",
    client_id: "pipit-cli",
    code: secrets.keep("code", left.searchParams.get("code")),
    redirect_uri: REDIRECT,
    code_verifier: secrets.keep("verifier", request.verifier),
  };
  secrets.keep("refresh token of a code", (await form("/oauth/token", redeem))["refresh_token"]);
  await form("/oauth/token", redeem);

  const device = await form("/oauth/device_authorization", { client_id: "pipit-cli" });
  const userCode = secrets.keep("user code", device["user_code"]);
  const confirm = await browser.send(await browser.open("/oauth/device"), { user_code: userCode });
  await browser.send(confirm, {}, ["confirm", "yes"]);
  const given = await form("/oauth/token", {
    grant_type: DEVICE_GRANT,
    client_id: "pipit-cli",
    device_code: secrets.keep("device code", device["device_code"]),
  });
  secrets.keep("refresh token of a device", given["refresh_token"]);
}

async function useSecondFactor({ json }: Wire, secrets: Secrets, cookie: string): Promise<void> {
  const begun = await json("POST", "/auth/otp/init", {}, { cookie });
  const secret = secrets.keep("TOTP secret", (begun.json as Body)["secret"]);
  const codeOf = (steps: number): string =>
    generateSync({ secret, epoch: Math.floor(Date.now() / 1000) + steps * STEP_SECONDS });
  const confirmed = await json("POST", "/auth/otp/confirm", { otp: codeOf(0) }, { cookie });
  const { recovery_codes: codes } = confirmed.json as { readonly recovery_codes: readonly string[] };
  for (const [count, code] of codes.entries()) secrets.keep(`recovery code ${count}`, code);
  const login = { login: "ann", password: PASSWORD };
  secrets.keepCookies("login", await json("POST", "/auth/login", { ...login, otp: codeOf(1) }));
  secrets.keepCookies("second login", await json("POST", "/auth/login", { ...login, otp: codes[0] }));
}
