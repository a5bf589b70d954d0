import type { Random } from "./random.ts";
import type { WireRequest } from "./keep-alive-wire.ts";

/** Stands in every value that is made up here: no answer and no log line may hold it. */
export const MARK = "zq7xk";
const BODY_MAX_BYTES = 64 * 1024;

/** What is right, so that some requests get deep. */
export interface KnownSecrets {
  readonly user: string;
  readonly password: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly accessToken: string;
  /** The newest of a session that requests may use and rotate. */
  refreshToken(): string;
}

const grantTypes = [
  "password",
  "refresh_token",
  "client_credentials",
  "authorization_code",
  "urn:ietf:params:oauth:grant-type:device_code",
  "urn:pipit:params:oauth:grant-type:local",
] as const;
const clientIds = ["pipit-cli", "pipit-desktop", "pipit-web", "codelab-flutter-app"] as const;
const scopes = [
  "api:read",
  "api:read api:write",
  "openid profile",
  "api:admin",
  "offline_access",
  "nonsense",
] as const;
const contentTypes = [
  "application/json",
  "text/plain",
  "multipart/form-data; boundary=x",
  "application/x-www-form-urlencoded; charset=latin1",
  "application/xml",
  "",
  ";",
  "a/b/c",
] as const;
const oddTexts = [
  "' or '1'='1",
  "'; drop table accounts; --",
  "%' escape '\\",
  "\0",
  "\u0001\u001b[31m",
  "\r\nx-injected: 1",
  "\ud800",
  "ß\u0301\u202e",
  "<script>alert(1)</script>",
  "../../etc/passwd",
  "${jndi:ldap://x}",
  "%00%zz",
  "{}",
  "[object Object]",
  "__proto__",
  "1e309",
] as const;

/** Requests to the token endpoint, from nearly right to nonsense; the same ones for the same numbers. */
export function createTokenRequests(random: Random, url: string, known: KnownSecrets): () => WireRequest {
  const text = (): string => {
    const kind = random.below(20);
    if (kind === 0) return MARK.repeat(1 + random.below(2_000));
    return kind < 8
      ? `${MARK}${random.pick(oddTexts)}${MARK}`
      : `${MARK}${random.below(2 ** 31).toString(36)}`;
  };
  const often = (right: () => string): string => (random.chance(0.7) ? right() : text());
  const values: Readonly<Record<string, () => string>> = {
    grant_type: () => often(() => random.pick(grantTypes)),
    client_id: () => often(() => random.pick([...clientIds, known.clientId])),
    client_secret: () => (random.chance(0.5) ? known.clientSecret : text()),
    refresh_token: () =>
      random.pick([known.refreshToken, () => known.accessToken, () => prefixed(text()), text])(),
    scope: () => often(() => random.pick(scopes)),
    // Mostly without a password, which costs a hash.
    username: () => often(() => known.user),
    code: text,
    code_verifier: text,
    redirect_uri: () => often(() => "http://127.0.0.1/callback"),
    device_code: text,
    secret: text,
    otp: () => often(() => "000000"),
  };

  const form = (): string => {
    const share = random.pick([0.3, 0.6, 0.9]);
    const pairs = Object.entries(values)
      .filter(() => random.chance(share))
      .map(([name, value]) => [name, value()]);
    if (random.chance(0.01)) pairs.push(["password", random.chance(0.5) ? known.password : text()]);
    if (random.chance(0.05)) pairs.push([random.pick(["scope", "grant_type", "client_id", text()]), text()]);
    const body = new URLSearchParams(pairs).toString();
    return random.chance(0.01) ? `${body}&x=${MARK.repeat(BODY_MAX_BYTES / MARK.length)}` : body;
  };
  /** A right request, of which often one thing is wrong. */
  const recipe = (): string => {
    const pairs = new URLSearchParams(
      random.pick<() => Record<string, string>>([
        () => ({
          grant_type: "client_credentials",
          client_id: known.clientId,
          client_secret: known.clientSecret,
        }),
        () => ({ grant_type: "refresh_token", client_id: "pipit-cli", refresh_token: known.refreshToken() }),
        () => ({
          grant_type: "authorization_code",
          client_id: "pipit-cli",
          code: text(),
          code_verifier: text(),
        }),
        () => ({ grant_type: grantTypes[4], client_id: "pipit-cli", device_code: text() }),
        () => ({ grant_type: grantTypes[5], client_id: "pipit-cli", secret: text() }),
        () => ({ grant_type: "password", client_id: "pipit-cli", username: text(), otp: text() }),
      ])(),
    );
    const spoiled = [...pairs.keys()][random.below(pairs.size)] ?? "";
    const fault = random.below(6);
    if (fault === 0) pairs.set(spoiled, text());
    if (fault === 1) pairs.delete(spoiled);
    if (fault === 2) pairs.append(spoiled, pairs.get(spoiled) ?? "");
    if (fault === 3)
      pairs.set(
        "scope",
        often(() => random.pick(scopes)),
      );
    // Seldom, since each costs a hash.
    if (pairs.get("grant_type") === "password" && random.chance(0.1)) {
      pairs.set(
        "username",
        often(() => known.user),
      );
      pairs.set(
        "password",
        often(() => known.password),
      );
    }
    return pairs.toString();
  };
  const basic = (): string => {
    const pair = random.pick([
      `${known.clientId}:${known.clientSecret}`,
      `${known.clientId}:${text()}`,
      `${text()}:${text()}`,
      text(),
      ":",
      "%zz:%",
    ]);
    return (
      random.pick(["Basic ", "basic   ", "Bearer ", "Basic", "Digest "]) +
      Buffer.from(pair).toString("base64")
    );
  };
  const headers = (): Record<string, string> => ({
    "content-type": random.chance(0.95) ? "application/x-www-form-urlencoded" : random.pick(contentTypes),
    // Each from its own network, so that limits do not hide the rest.
    "x-forwarded-for": `10.${random.below(256)}.${random.below(256)}.${random.below(256)}`,
    ...(random.chance(0.1) ? { authorization: basic() } : {}),
    ...(random.chance(0.05)
      ? { [random.pick(["x-internal-auth", "cookie", "user-agent", "dpop"])]: `${MARK}=1` }
      : {}),
    ...(random.chance(0.02) ? { "x-padding": MARK.repeat(1_000) } : {}),
  });
  const body = (): string | Buffer => {
    if (random.chance(0.5)) return recipe();
    if (random.chance(0.9)) return form();
    const bytes = Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256)));
    return random.pick([
      JSON.stringify({ grant_type: "password", username: known.user, password: text() }),
      `{"grant_type":"${MARK}`,
      `grant_type=%ff%fe&client_id=${MARK}%c0%80`,
      `${"&".repeat(500)}=&=${MARK}&`,
      "",
      Buffer.concat([Buffer.from(MARK), bytes]),
    ]);
  };
  return () => ({
    method: "POST",
    url: random.chance(0.02) ? `${url}?client_secret=${MARK}&grant_type=password` : url,
    headers: headers(),
    body: body(),
  });
}

function prefixed(text: string): string {
  return `prt_${text}`.slice(0, 47).padEnd(47, "A");
}
