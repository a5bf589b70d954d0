import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databasesBySize } from "#server/testing/databases.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { startTestServer, type TestServer } from "../start-test-server.ts";
import { send } from "../web-stage.ts";
import { openAuthStage, PASSWORD, type AuthStage } from "#tests/testing/auth/auth-stage.ts";
import { createFormBrowser, type BrowserPage } from "#tests/testing/auth/form-browser.ts";
import { authorizationRequest } from "#tests/testing/auth/oidc-stage.ts";
import { beginDevice, DEVICE_GRANT, outcomeOf } from "#tests/testing/auth/statements-flows.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Everything that a request can say of where it came from, and that any client can write. */
const lies = {
  "x-forwarded-for": "203.0.113.7",
  "x-forwarded-host": "evil.example",
  "x-forwarded-proto": "https",
  "x-forwarded-port": "443",
  "x-real-ip": "203.0.113.7",
  forwarded: "for=203.0.113.7;host=evil.example;proto=https",
};

describe.each(databasesBySize)("the server to strangers on $name", ({ name }) => {
  let stage: AuthStage;
  let server: TestServer;
  const logger = createRecordingLogger();
  beforeAll(async () => {
    stage = await openAuthStage(name);
    await stage.addAccount({ id: "ann" });
    await stage.addClient({ clientId: "notes", redirectUris: ["http://127.0.0.1/callback"] });
    server = await startTestServer({ database: name, ownIssuer: true, deps: { logger } });
    const { status } = await json(server, "/auth/register", { login: "bob", password: PASSWORD });
    expect(status).toBe(200);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await stage[Symbol.asyncDispose]();
  });

  const signIn = (client: string, password = PASSWORD, headers = {}) =>
    form(server, { grant_type: "password", client_id: client, username: "bob", password }, headers);

  test("[9] the password grant is off for a client unless it is ours and somebody switched it on", async () => {
    const app = { clientId: "somebodys", grantTypes: ["password", "refresh_token"] } as const;
    await expect(stage.addClient({ ...app, allowPasswordGrant: true })).rejects.toMatchObject({
      code: "INVALID_REQUEST",
    });
    await stage.addClient({ clientId: "plain" });
    await stage.addClient({ clientId: "ours", firstParty: true });
    for (const client_id of ["plain", "ours"]) {
      const fields = { grant_type: "password", client_id, username: "ann", password: PASSWORD };
      expect(outcomeOf(await stage.post("/oauth/token", fields))).toEqual([400, "unauthorized_client"]);
    }
  });

  test("[9] each use of the password grant is counted, and the log warns of it", async () => {
    expect((await signIn("pipit-cli")).status).toBe(200);
    const { text } = await send(server.httpUrl, { path: "/metrics" });
    expect(text).toMatch(/^auth_password_grant_total\{client_id="pipit-cli"\} [1-9]/m);
    const warning = logger.lines.find(({ event }) => event === "oauth.password_grant_used");
    expect(warning).toMatchObject({ level: "warn", fields: { clientId: "pipit-cli" } });
  });

  test("[19] no client has an id that is an account's, nor can one be registered with it", async () => {
    const token = await signIn("pipit-cli");
    const { sub = "" } = decodeJwt(String(token.body["access_token"]));
    expect(sub).toMatch(UUID);
    await expect(stage.addClient({ clientId: sub })).rejects.toMatchObject({ field: "client_id" });
    for (const { client_id } of await stage.query("select client_id from oauth_clients")) {
      expect(client_id).not.toMatch(UUID);
    }
  });

  test("[20] no other site frames a page on which people sign in, agree or sign out", async () => {
    const browser = createFormBrowser(stage.url);
    const login = await browser.open(authorizationRequest({ client_id: "notes" }).url);
    const consent = await browser.send(login, { login: "ann", password: PASSWORD });
    expect(consent.text).toContain("asks to use your Pipit account");
    const device = await browser.open("/oauth/device");
    const confirm = await browser.send(device, { user_code: (await beginDevice(stage)).userCode });
    expect(confirm.text).toContain("Is this your device?");
    const pages: Readonly<Record<string, BrowserPage>> = {
      login,
      wrong: await createWrong(),
      consent,
      device,
      confirm,
      logout: await browser.open("/oauth/logout"),
      error: await browser.open(authorizationRequest({ client_id: "nobody-here" }).url),
    };
    for (const [what, { headers, text }] of Object.entries(pages)) {
      const policy = headers.get("content-security-policy") ?? "";
      expect([what, policy]).toEqual([what, expect.stringContaining("frame-ancestors 'none'")]);
      expect([what, headers.get("x-frame-options")]).toEqual([what, "DENY"]);
      expect([what, /<script|javascript:| on[a-z]+=/i.test(text)]).toEqual([what, false]);
    }
  });

  async function createWrong(): Promise<BrowserPage> {
    const other = createFormBrowser(stage.url);
    const page = await other.open(authorizationRequest().url);
    return other.send(page, { login: "ann", password: "Wrong-horse-1" });
  }

  test("[21] what a stranger writes into proxy headers changes no address that the server gives", async () => {
    const honest = await send(server.httpUrl, { path: "/.well-known/oauth-authorization-server" });
    const lying = await send(server.httpUrl, {
      path: "/.well-known/oauth-authorization-server",
      headers: lies,
    });
    expect(lying.text).toBe(honest.text);
    const device = await form(server, { client_id: "pipit-cli" }, lies, "/oauth/device_authorization");
    expect(device.body["verification_uri"]).toBe(`${server.httpUrl}/oauth/device`);
    const token = await signIn("pipit-cli", PASSWORD, lies);
    expect(decodeJwt(String(token.body["access_token"])).iss).toBe(server.httpUrl);
    const page = await createFormBrowser(server.httpUrl, lies).open(authorizationRequest().url);
    expect(page.url.origin).toBe(server.httpUrl);
    expect(page.text).not.toContain("evil.example");
  });

  test("[21] an address that a stranger writes buys no fresh limit, and is in no list of sessions", async () => {
    const token = await signIn("pipit-cli", PASSWORD, lies);
    const sessions = await send(server.httpUrl, {
      path: "/oauth/sessions",
      headers: { authorization: `Bearer ${String(token.body["access_token"])}` },
    });
    expect(sessions.text).not.toContain("203.0.113.7");
    const statuses: number[] = [];
    for (let count = 0; count < 7; count += 1) {
      const address = `203.0.113.${count}`;
      const headers = {
        ...lies,
        "x-forwarded-for": address,
        "x-real-ip": address,
        forwarded: `for=${address}`,
      };
      const { status } = await form(
        server,
        { grant_type: "password", client_id: "pipit-cli", username: `nobody-${count}`, password: PASSWORD },
        headers,
      );
      statuses.push(status);
    }
    expect(statuses).toEqual([400, 400, 400, 400, 400, 429, 429]);
  });

  test("[22] [35] the metadata has the issuer of the tokens, no implicit flow, and the grants that are answered", async () => {
    const documents = await Promise.all(
      ["oauth-authorization-server", "openid-configuration"].map(async (document) => {
        const { status, json: body } = await send(server.httpUrl, { path: `/.well-known/${document}` });
        expect(status).toBe(200);
        return body as Readonly<Record<string, unknown>>;
      }),
    );
    const [metadata = {}] = documents;
    expect(documents[1]).toEqual(metadata);
    expect(metadata["issuer"]).toBe(decodeJwt(server.accessToken).iss);
    expect(metadata["response_types_supported"]).toEqual(["code"]);
    expect(metadata["response_modes_supported"]).toEqual(["query"]);
    expect(metadata["code_challenge_methods_supported"]).toEqual(["S256"]);
    const listed = metadata["grant_types_supported"] as readonly string[];
    expect(listed).not.toContain("implicit");
    const known = ["authorization_code", "refresh_token", "client_credentials", "password", DEVICE_GRANT];
    const unknown = [
      "implicit",
      "urn:ietf:params:oauth:grant-type:jwt-bearer",
      "urn:ietf:params:oauth:grant-type:token-exchange",
      "urn:openid:params:grant-type:ciba",
    ];
    for (const grant_type of new Set([...known, ...unknown, ...listed])) {
      const { body } = await form(server, { grant_type, client_id: "pipit-cli" });
      const answered = body["error"] !== "unsupported_grant_type";
      expect([grant_type, answered]).toEqual([grant_type, listed.includes(grant_type)]);
    }
  });
});

interface FormAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function form(
  { httpUrl }: TestServer,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
  path = "/oauth/token",
): Promise<FormAnswer> {
  const answer = await send(httpUrl, {
    method: "POST",
    path,
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams(fields).toString(),
  });
  return { status: answer.status, body: answer.json as FormAnswer["body"] };
}

function json({ httpUrl }: TestServer, path: string, body: object) {
  const headers = { "content-type": "application/json" };
  return send(httpUrl, { method: "POST", path, headers, body: JSON.stringify(body) });
}
