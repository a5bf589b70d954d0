import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { generateSync } from "otplib/functional";
import { describe, expect, test } from "vitest";
import { createLogger } from "#server/observe/logger.ts";
import { databases } from "#server/testing/databases.ts";
import { queryPostgres } from "#server/testing/postgres-databases.ts";
import {
  basicOf,
  bearer,
  INTERNAL_KEY,
  openAuthStage,
  PASSWORD,
  type Answer,
  type AuthStage,
} from "#tests/testing/auth/auth-stage.ts";
import { createFormBrowser } from "#tests/testing/auth/form-browser.ts";
import { approve, approveDevice, beginDevice, poll, redeem } from "#tests/testing/auth/statements-flows.ts";

const TEST_TIMEOUT_MS = 240_000;
const TOTP_STEP_MS = 30_000;
const OTHER_PASSWORD = "Battery-staple-2";
const WRONG_PASSWORD = "Wrong-horse-zebra-9";
const JSON_HEADERS = { "content-type": "application/json" };

/** Secrets by what they are; found again in any of the forms in which the server may have stored them. */
class Secrets {
  readonly #values = new Map<string, string>();

  add(what: string, value: unknown): string {
    if (typeof value !== "string" || value.length < 8)
      throw new Error(`${what}: no secret in ${String(value)}`);
    this.#values.set(value, what);
    return value;
  }

  addCookies(cookies: Iterable<readonly [string, string]>): void {
    for (const [name, value] of cookies) if (value.length >= 16) this.add(`cookie ${name}`, value);
  }

  get size(): number {
    return this.#values.size;
  }

  /** What of them stands in these bytes. */
  foundIn(bytes: Buffer): readonly string[] {
    return [...this.#values]
      .filter(([value]) => formsOf(value).some((form) => bytes.includes(form)))
      .map(([, what]) => what);
  }
}

/** As text, in base64, and as the bytes that it spells. */
function formsOf(value: string): readonly Buffer[] {
  const text: Buffer = Buffer.from(value);
  // Of tokens with a prefix, the part that is secret.
  const encoded = value.replace(/^prt_/, "");
  const forms: Buffer[] = [
    text,
    Buffer.from(text.toString("base64").replace(/=+$/, "").slice(0, -1)),
    Buffer.from(text.toString("hex")),
  ];
  if (/^[\w-]{43}$/.test(encoded)) {
    const raw = Buffer.from(encoded, "base64url");
    forms.push(Buffer.from(encoded), raw, Buffer.from(raw.toString("hex")));
  }
  if (/^[A-Z2-7]{32}$/.test(value)) {
    const raw = fromBase32(value);
    forms.push(raw, Buffer.from(raw.toString("hex")), Buffer.from(raw.toString("base64")));
  }
  if (/^\w{5}-\w{5}$/.test(value)) forms.push(Buffer.from(value.replace("-", "")));
  return forms;
}

function fromBase32(text: string): Buffer {
  const bits = [...text].map((sign) =>
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(sign).toString(2).padStart(5, "0"),
  );
  return Buffer.from((bits.join("").match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

describe.each(databases)("what is kept on $name", ({ name }) => {
  test(
    "[G7] holds no secret in the clear, nor does the log, after everything was used",
    { timeout: TEST_TIMEOUT_MS },
    async () => {
      const log: string[] = [];
      const destination = { write: (line: string) => void log.push(line) };
      await using stage = await openAuthStage(name, createLogger({ level: "debug", destination }));
      const secrets = new Secrets();
      secrets.add("internal key", INTERNAL_KEY);
      for (const password of [PASSWORD, OTHER_PASSWORD, WRONG_PASSWORD]) secrets.add("password", password);
      await usePassword(stage, secrets);
      await useSecondFactor(stage, secrets);
      await useClient(stage, secrets);
      await usePages(stage, secrets);
      expect(secrets.size).toBeGreaterThan(40);

      const kept = await everythingKept(stage);
      // The look is a look: what may be there is found.
      expect(kept.includes("olga@example.com")).toBe(true);
      expect(kept.includes("argon2id")).toBe(true);
      expect(secrets.foundIn(kept)).toEqual([]);
      expect(log.length).toBeGreaterThan(20);
      expect(secrets.foundIn(Buffer.from(log.join("")))).toEqual([]);
    },
  );
});

/** Of `SQLite` every byte of its files; of PostgreSQL every row of every table. */
async function everythingKept({ server }: AuthStage): Promise<Buffer> {
  const { databaseUrl } = server.config;
  if (databaseUrl === undefined) {
    const pieces: Buffer[] = [];
    for await (const file of glob(join(server.dataDir, "pipit.db*"))) pieces.push(await readFile(file));
    expect(pieces.length).toBeGreaterThan(1);
    return Buffer.concat(pieces);
  }
  const tables = await queryPostgres<{ readonly name: string }>(
    databaseUrl,
    "select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'",
  );
  expect(tables.length).toBeGreaterThan(10);
  const rows = await Promise.all(
    tables.map(({ name }) =>
      queryPostgres<{ readonly row: string }>(databaseUrl, `select t::text as row from ${name} t`),
    ),
  );
  return Buffer.from(
    rows
      .flat()
      .map(({ row }) => row)
      .join("\n"),
  );
}

function addTokens(secrets: Secrets, { status, body, text }: Answer): Readonly<Record<string, string>> {
  if (status !== 200) throw new Error(`no tokens: ${status} ${text}`);
  const names = ["access_token", "refresh_token", "id_token"].filter((name) => body[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, secrets.add(name, body[name])]));
}

function addSetCookies(secrets: Secrets, { headers }: Answer): string {
  const pairs = headers.getSetCookie().map((line) => line.split(";", 1)[0] ?? "");
  secrets.addCookies(
    pairs.map((pair) => [pair.split("=")[0] ?? "", pair.slice(pair.indexOf("=") + 1)] as const),
  );
  return pairs.join("; ");
}

const asJson = (stage: AuthStage, path: string, body: object, headers = {}): Promise<Answer> =>
  stage.post(path, JSON.stringify(body), { ...JSON_HEADERS, ...headers });

async function usePassword(stage: AuthStage, secrets: Secrets): Promise<void> {
  const registered = await asJson(stage, "/auth/register", { login: "ann", password: PASSWORD });
  expect(registered.status).toBe(200);
  addSetCookies(secrets, registered);
  const wrong = await asJson(stage, "/auth/login", { login: "ann", password: WRONG_PASSWORD });
  expect(wrong.status).toBe(401);
  // As users do who are in the wrong field.
  expect(
    (await asJson(stage, "/auth/login", { login: OTHER_PASSWORD, password: WRONG_PASSWORD })).status,
  ).toBe(401);
  const cookies = addSetCookies(
    secrets,
    await asJson(stage, "/auth/login", { login: "ann", password: PASSWORD }),
  );
  const grant = { grant_type: "password", client_id: "pipit-cli", username: "ann", scope: "openid api:read" };
  const first = addTokens(secrets, await stage.post("/oauth/token", { ...grant, password: PASSWORD }));
  expect((await stage.post("/oauth/token", { ...grant, password: WRONG_PASSWORD })).status).toBe(400);
  const second = addTokens(secrets, await stage.refresh(first["refresh_token"] ?? ""));
  addTokens(secrets, await stage.refresh(first["refresh_token"] ?? ""));
  const third = addTokens(secrets, await stage.refresh(second["refresh_token"] ?? ""));
  await stage.get("/oauth/userinfo", bearer(third["access_token"] ?? ""));
  const internal = { "x-internal-auth": INTERNAL_KEY };
  await stage.post("/oauth/introspect", { token: third["refresh_token"] ?? "" }, internal);
  // Reuse, which is written down.
  expect((await stage.refresh(first["refresh_token"] ?? "")).status).toBe(400);
  const revoked = addTokens(secrets, await stage.post("/oauth/token", { ...grant, password: PASSWORD }));
  for (const token of Object.values(revoked))
    await stage.post("/oauth/revoke", { client_id: "pipit-cli", token });
  const pair = await stage.post(
    "/api/v1/token/",
    JSON.stringify({ username: "ann", password: PASSWORD }),
    JSON_HEADERS,
  );
  for (const kind of ["access", "refresh"]) secrets.add(`api/v1 ${kind}`, pair.body[kind]);
  const body = JSON.stringify({ old_password: PASSWORD, new_password: OTHER_PASSWORD });
  const changed = await fetch(`${stage.url}/auth/password`, {
    method: "PUT",
    body,
    headers: { ...JSON_HEADERS, cookie: cookies, origin: stage.url },
  });
  expect(changed.status).toBe(200);
}

async function useSecondFactor(stage: AuthStage, secrets: Secrets): Promise<void> {
  const account = { login: "olga", password: PASSWORD, email: "olga@example.com" };
  const cookie = addSetCookies(secrets, await asJson(stage, "/auth/register", account));
  const begun = await asJson(stage, "/auth/otp/init", { password: PASSWORD }, { cookie, origin: stage.url });
  const secret = secrets.add("TOTP secret", begun.body["secret"]);
  // The server's clock stands still, within a step of this one.
  const startedAtMs = Date.now();
  let steps = 0;
  const codeNow = (): string => {
    if (steps > 0) stage.advance(TOTP_STEP_MS);
    steps += 1;
    return generateSync({ secret, epoch: Math.floor((startedAtMs + (steps - 1) * TOTP_STEP_MS) / 1000) });
  };
  const confirmed = await asJson(
    stage,
    "/auth/otp/confirm",
    { otp: codeNow() },
    { cookie, origin: stage.url },
  );
  const codes = confirmed.body["recovery_codes"];
  if (!Array.isArray(codes)) throw new Error(confirmed.text);
  for (const code of codes) secrets.add("recovery code", code);
  const login = { login: "olga", password: PASSWORD };
  expect((await asJson(stage, "/auth/login", login)).status).toBe(401);
  addSetCookies(secrets, await asJson(stage, "/auth/login", { ...login, otp: codeNow() }));
  const recovered = await asJson(stage, "/auth/login", { ...login, otp: String(codes[0]) });
  expect(recovered.status).toBe(200);
  addSetCookies(secrets, recovered);
  expect((await asJson(stage, "/auth/login", { ...login, otp: String(codes[0]) })).status).toBe(401);
}

async function useClient(stage: AuthStage, secrets: Secrets): Promise<void> {
  const { clientId, secret, basic } = await stage.addConfidential({ clientId: "service" });
  secrets.add("client secret", secret);
  secrets.add("client credentials", basic.authorization.slice("Basic ".length));
  const form = { grant_type: "client_credentials" };
  addTokens(secrets, await stage.post("/oauth/token", form, basic));
  addTokens(
    secrets,
    await stage.post("/oauth/token", { ...form, client_id: clientId, client_secret: secret }),
  );
  const wrong = secrets.add("wrong client secret", "not-the-secret-of-this-client");
  expect((await stage.post("/oauth/token", form, basicOf(clientId, wrong))).status).toBe(401);
}

/** The flows of browsers and devices, and the code that signs the web page in. */
async function usePages(stage: AuthStage, secrets: Secrets): Promise<void> {
  await stage.addAccount({ id: "paul" });
  const browser = createFormBrowser(stage.url);
  const approved = await approve(stage, "paul", { state: "state-that-is-no-secret" }, browser);
  secrets.add("authorization code", approved.code);
  secrets.add("code verifier", approved.verifier);
  addTokens(secrets, await redeem(stage, approved));
  expect((await redeem(stage, approved)).status).toBe(400);
  secrets.addCookies(browser.cookies);

  const device = await beginDevice(stage);
  secrets.add("device code", device.deviceCode);
  secrets.add("user code", device.userCode);
  expect((await poll(stage, device)).body["error"]).toBe("authorization_pending");
  await approveDevice(stage, device, "paul");
  stage.advance(TOTP_STEP_MS);
  addTokens(secrets, await poll(stage, device));

  const made = await asJson(stage, "/auth/sign-in-codes", {}, bearer(stage.server.accessToken));
  const code = secrets.add("sign-in code", made.body["code"]);
  const inBrowser = await stage.post("/auth/sign-in", { code, digits: String(made.body["digits"]) });
  expect(inBrowser.status).toBe(200);
  addSetCookies(secrets, inBrowser);
  secrets.add("access token of the local account", stage.server.accessToken);
  secrets.add("refresh token of the local account", stage.server.refreshToken);
}
