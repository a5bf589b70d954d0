import { Auth } from "#proto/auth_pb.ts";
import { Otp } from "#proto/otp_pb.ts";
import { GrpcJsClient } from "#tests/integration/server-clients.ts";
import type { TestServer } from "#tests/integration/start-test-server.ts";
import { createFormBrowser } from "./form-browser.ts";
import { authorizationRequest, REDIRECT } from "./oidc-stage.ts";

/** What a person with a second factor signs in with. */
export interface Shown {
  readonly login: string;
  readonly password: string;
  readonly otp: string;
}

/** Signs in at a server; resolves to an access token, "" where the door gives a cookie, undefined when refused. */
export type Door = (
  server: Pick<TestServer, "httpUrl" | "grpcUrl">,
  shown: Shown,
) => Promise<string | undefined>;

const form = "application/x-www-form-urlencoded";
const json = "application/json";

async function send(
  url: string,
  type: string,
  body: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const headers = { "content-type": type, origin: new URL(url).origin, "sec-fetch-site": "same-origin" };
  const answer = await fetch(url, { method: "POST", body, headers });
  return answer.ok ? ((await answer.json()) as Readonly<Record<string, unknown>>) : undefined;
}

const tokenEndpoint: Door = async ({ httpUrl }, { login, password, otp }) => {
  const fields = { grant_type: "password", client_id: "pipit-cli", username: login, password, otp };
  const body = await send(`${httpUrl}/oauth/token`, form, new URLSearchParams(fields).toString());
  return body && String(body["access_token"]);
};

const developerApi: Door = async ({ httpUrl }, { login, password, otp }) => {
  const body = await send(
    `${httpUrl}/api/v1/token/`,
    json,
    JSON.stringify({ username: login, password, otp }),
  );
  return body && String(body["access"]);
};

const webLogin: Door = async ({ httpUrl }, shown) =>
  (await send(`${httpUrl}/auth/login`, json, JSON.stringify(shown))) && "";

/** Approves the terminal client on the page; resolves to the form that redeems the code, undefined when refused. */
export async function approve(
  { httpUrl }: Pick<TestServer, "httpUrl">,
  { login, password, otp }: Shown,
): Promise<string | undefined> {
  const browser = createFormBrowser(httpUrl);
  const { url, verifier } = authorizationRequest();
  const first = await browser.send(await browser.open(url), { login, password });
  const left = otp === "" ? first : await browser.send(first, { otp });
  if (left.headers.get("location") === null) return undefined;
  return new URLSearchParams({
    grant_type: "authorization_code",
    client_id: "pipit-cli",
    code: browser.leftTo(left).searchParams.get("code") ?? "",
    redirect_uri: REDIRECT,
    code_verifier: verifier,
  }).toString();
}

/** Resolves to an access token, undefined when refused. */
export async function redeem(
  { httpUrl }: Pick<TestServer, "httpUrl">,
  approval: string | undefined,
): Promise<string | undefined> {
  const body = approval && (await send(`${httpUrl}/oauth/token`, form, approval));
  return body ? String(body["access_token"]) : undefined;
}

const page: Door = async (server, shown) => redeem(server, await approve(server, shown));

const originalRpc: Door = async ({ grpcUrl }, { login, password, otp }) => {
  using client = new GrpcJsClient(grpcUrl);
  const { messages } = await client.call(Auth.method.login, { login, password });
  const token = messages[0]?.token ?? "";
  if (token === "") return undefined;
  const checked = await client.call(Otp.method.checkOtp, { login, otp }, { token });
  return checked.messages[0]?.valid === true ? token : undefined;
};

/** Every way to sign in with a password and a code. */
export const doors: Readonly<Record<string, Door>> = {
  "/oauth/token": tokenEndpoint,
  "/api/v1/token/": developerApi,
  "/auth/login": webLogin,
  "the sign-in page": page,
  "Login and CheckOtp": originalRpc,
};
