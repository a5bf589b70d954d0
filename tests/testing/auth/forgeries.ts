import { createHmac, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { systemClock } from "#server/domain/clock.ts";
import { loadMasterKey } from "#server/domain/master-key/master-key.ts";
import type { KeyPair } from "#server/domain/tokens/key-pairs.ts";
import { createSigningKeys } from "#server/domain/tokens/signing-keys.ts";
import { PASSWORD, type AuthStage } from "./auth-stage.ts";

type Part = Readonly<Record<string, unknown>>;
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const foreign = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** A token of these parts by a key of either kind. */
export function signed(header: Part, claims: Part, key: KeyObject): string {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`;
}

function macced(header: Part, claims: Part, secret: string | Buffer): string {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

/** What a good token was made of, and the key that made it. */
export interface Good {
  readonly header: Part;
  readonly claims: Part & { readonly exp: number; readonly iat: number };
  readonly key: KeyPair;
  readonly idToken: string;
}

/** Tokens that no endpoint may take, each wrong in one thing; most are signed by the server's own key. */
export const forgeries: readonly (readonly [string, (good: Good) => string])[] = [
  ["alg none", ({ header, claims }) => `${encode({ ...header, alg: "none" })}.${encode(claims)}.`],
  ["alg None", ({ header, claims }) => `${encode({ ...header, alg: "None" })}.${encode(claims)}.`],
  [
    "alg none, signed",
    ({ header, claims, key }) => signed({ ...header, alg: "none" }, claims, key.privateKey),
  ],
  [
    "HS256 by the public key in PEM",
    ({ header, claims, key }) =>
      macced({ ...header, alg: "HS256" }, claims, key.publicKey.export({ format: "pem", type: "spki" })),
  ],
  [
    "HS256 by the public key in DER",
    ({ header, claims, key }) =>
      macced({ ...header, alg: "HS256" }, claims, key.publicKey.export({ format: "der", type: "spki" })),
  ],
  [
    "HS256 by the public key in JSON",
    ({ header, claims, key }) => macced({ ...header, alg: "HS256" }, claims, JSON.stringify(key.publicJwk)),
  ],
  ["HS256 by nothing", ({ header, claims }) => macced({ ...header, alg: "HS256" }, claims, "")],
  ["RS512 named", ({ header, claims, key }) => signed({ ...header, alg: "RS512" }, claims, key.privateKey)],
  ["ES256 named", ({ header, claims, key }) => signed({ ...header, alg: "ES256" }, claims, key.privateKey)],
  [
    "a foreign key under its own kid",
    ({ header, claims }) => signed({ ...header, kid: "foreign" }, claims, foreign.privateKey),
  ],
  ["a foreign key under our kid", ({ header, claims }) => signed(header, claims, foreign.privateKey)],
  [
    "a foreign key that it brings along",
    ({ header, claims }) =>
      signed({ ...header, jwk: foreign.publicKey.export({ format: "jwk" }) }, claims, foreign.privateKey),
  ],
  [
    "a foreign key that it names an address of",
    ({ header, claims }) =>
      signed({ ...header, kid: "x", jku: "https://evil.example/jwks.json" }, claims, foreign.privateKey),
  ],
  [
    "a kid that walks in folders",
    ({ header, claims }) => macced({ ...header, alg: "HS256", kid: "../../../dev/null" }, claims, ""),
  ],
  [
    "a header of lists in lists",
    ({ claims }) => `${Buffer.from("[".repeat(5_000)).toString("base64url")}.${encode(claims)}.eA`,
  ],
  ["no kid", ({ header, claims, key }) => signed({ ...header, kid: undefined }, claims, key.privateKey)],
  ["typ JWT", ({ header, claims, key }) => signed({ ...header, typ: "JWT" }, claims, key.privateKey)],
  ["no typ", ({ header, claims, key }) => signed({ ...header, typ: undefined }, claims, key.privateKey)],
  [
    "a critical extension",
    ({ header, claims, key }) => signed({ ...header, crit: ["exp"] }, claims, key.privateKey),
  ],
  [
    "another issuer",
    ({ header, claims, key }) => signed(header, { ...claims, iss: "https://evil.example" }, key.privateKey),
  ],
  [
    "the issuer with a slash",
    ({ header, claims, key }) =>
      signed(header, { ...claims, iss: `${String(claims["iss"])}/` }, key.privateKey),
  ],
  ["no issuer", ({ header, claims, key }) => signed(header, { ...claims, iss: undefined }, key.privateKey)],
  [
    "another type of token",
    ({ header, claims, key }) => signed(header, { ...claims, type: "refresh" }, key.privateKey),
  ],
  ["no end", ({ header, claims, key }) => signed(header, { ...claims, exp: undefined }, key.privateKey)],
  [
    "its end behind it",
    ({ header, claims, key }) =>
      signed(header, { ...claims, exp: claims.iat - 100, iat: claims.iat - 1000 }, key.privateKey),
  ],
  [
    "its beginning before it",
    ({ header, claims, key }) => signed(header, { ...claims, nbf: claims.exp - 1 }, key.privateKey),
  ],
  [
    "a session that is not there",
    ({ header, claims, key }) => signed(header, { ...claims, sid: "nobody" }, key.privateKey),
  ],
  ["an ID token", ({ idToken }) => idToken],
  [
    "an ID token as at+jwt for the client",
    ({ header, claims, key }) => signed(header, { ...claims, aud: "pipit-cli" }, key.privateKey),
  ],
];

/** For whom a token may be that is not for us. */
export const audiences: readonly (readonly [string, unknown])[] = [
  ["another service", "elsewhere"],
  ["others, in a list", ["elsewhere", "pipit-cli"]],
  ["capitals", "PIPIT"],
  ["nobody", undefined],
  ["an empty list", []],
];

/** A sign-in of `login` at the stage, taken apart. */
export async function goodToken(stage: AuthStage, login: string): Promise<Good> {
  const { config, dataDir } = stage.server;
  const masterKey = await loadMasterKey({ dataDir, configured: config.auth.masterKey });
  const { signingKeys } = stage.store.auth;
  const keys = await createSigningKeys({ store: signingKeys, masterKey, clock: systemClock });
  const { body } = await stage.post("/oauth/token", {
    grant_type: "password",
    client_id: "pipit-cli",
    username: login,
    password: PASSWORD,
    scope: "openid api:read api:write",
  });
  const token = String(body["access_token"]);
  const { exp = 0, iat = 0, ...claims } = decodeJwt(token);
  return {
    header: { ...decodeProtectedHeader(token) },
    claims: { ...claims, exp, iat },
    key: keys.signing(),
    idToken: String(body["id_token"]),
  };
}
