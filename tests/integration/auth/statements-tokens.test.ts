import { createHmac, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader, type JSONWebKeySet } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { StreamingService } from "#proto/streaming_pb.ts";
import { systemClock } from "#server/domain/clock.ts";
import { loadMasterKey } from "#server/domain/master-key/master-key.ts";
import type { KeyPair } from "#server/domain/tokens/key-pairs.ts";
import { createSigningKeys } from "#server/domain/tokens/signing-keys.ts";
import { databasesBySize } from "#server/testing/databases.ts";
import { GrpcJsClient } from "../server-clients.ts";
import {
  bearer,
  openAuthStage,
  PASSWORD,
  type AuthStage,
  type ConfidentialClient,
} from "#tests/testing/auth/auth-stage.ts";

const OK = 0;
const UNAUTHENTICATED = 16;
const INACTIVE = '{"active":false}';

type Part = Readonly<Record<string, unknown>>;
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const foreign = generateKeyPairSync("rsa", { modulusLength: 2048 });

function signed(header: Part, claims: Part, key: KeyObject): string {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`;
}

function macced(header: Part, claims: Part, secret: string | Buffer): string {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

/** What a good token was made of, and the key that made it. */
interface Good {
  readonly header: Part;
  readonly claims: Part & { readonly exp: number; readonly iat: number };
  readonly key: KeyPair;
  readonly idToken: string;
}

/** Tokens that no endpoint may take, each wrong in one thing; most are signed by the server's own key. */
const forgeries: readonly (readonly [string, (good: Good) => string])[] = [
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
      signed(header, { ...claims, exp: claims.iat - 1, iat: claims.iat - 901 }, key.privateKey),
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
const audiences: readonly (readonly [string, unknown])[] = [
  ["another service", "elsewhere"],
  ["others, in a list", ["elsewhere", "pipit-cli"]],
  ["capitals", "PIPIT"],
  ["nobody", undefined],
  ["an empty list", []],
];

describe.each(databasesBySize)("access tokens on $name", ({ name }) => {
  let stage: AuthStage;
  let asker: ConfidentialClient;
  let key: KeyPair;
  let good: Good;
  let grpc: GrpcJsClient;
  beforeAll(async () => {
    stage = await openAuthStage(name);
    grpc = new GrpcJsClient(stage.server.grpcUrl);
    await stage.addAccount({ id: "ann" });
    asker = await stage.addConfidential({ clientId: "asker", scope: "api:read token:introspect" });
    const { config, dataDir } = stage.server;
    const masterKey = await loadMasterKey({ dataDir, configured: config.auth.masterKey });
    key = (
      await createSigningKeys({ store: stage.store.auth.signingKeys, masterKey, clock: systemClock })
    ).signing();
  });
  beforeEach(async () => {
    const { body } = await stage.post("/oauth/token", {
      grant_type: "password",
      client_id: "pipit-cli",
      username: "ann",
      password: PASSWORD,
      scope: "openid api:read api:write",
    });
    const token = String(body["access_token"]);
    const { exp = 0, iat = 0, ...claims } = decodeJwt(token);
    good = {
      header: { ...decodeProtectedHeader(token) },
      claims: { ...claims, exp, iat },
      key,
      idToken: String(body["id_token"]),
    };
  });
  afterAll(async () => {
    grpc[Symbol.dispose]();
    await stage[Symbol.asyncDispose]();
  });

  /** What each of our doors says to a token: HTTP, userinfo, `/v1`, gRPC, Connect, introspection. */
  const doors = async (token: string): Promise<readonly unknown[]> => {
    const { interruptSession } = StreamingService.method;
    const call = await grpc.call(
      interruptSession,
      { hardwareId: "x" },
      { authorization: bearer(token).authorization },
    );
    const connect = await fetch(`${stage.url}/streaming.StreamingService/InterruptSession`, {
      method: "POST",
      headers: { ...bearer(token), "content-type": "application/json" },
      body: '{"hardwareId":"x"}',
    });
    await connect.body?.cancel();
    return [
      (await stage.get("/oauth/sessions", bearer(token))).status,
      (await stage.get("/oauth/userinfo", bearer(token))).status,
      (await stage.get("/v1/chats", bearer(token))).status,
      call.code,
      connect.status,
      (await stage.post("/oauth/introspect", { token }, asker.basic)).text === INACTIVE,
    ];
  };
  const open = [200, 200, 200, OK, 200, false];
  const closed = [401, 401, 401, UNAUTHENTICATED, 401, true];

  test("[24] the server's own key signs what is taken everywhere, so that forgeries fail for one reason each", async () => {
    expect(key.kid).toBe(good.header["kid"]);
    expect(await doors(signed(good.header, good.claims, key.privateKey))).toEqual(open);
  });

  test.each(forgeries)("[24] a token with %s is taken nowhere, by HTTP or gRPC", async (_name, forge) => {
    expect(await doors(forge(good))).toEqual(closed);
  });

  test.each(audiences)("[16] a token for %s is taken nowhere, by HTTP or gRPC", async (_name, aud) => {
    expect(await doors(signed(good.header, { ...good.claims, aud }, key.privateKey))).toEqual(closed);
  });

  test("[16] a token names its audience, and has the scope that was asked for and no more", async () => {
    const { accessToken } = await stage.signIn("ann", { scope: "api:read" });
    expect(decodeJwt(accessToken)).toMatchObject({ aud: "pipit", scope: "api:read" });
    const { sid } = decodeJwt(accessToken);
    const end = await stage.get(`/oauth/sessions/${String(sid)}`, bearer(accessToken), "DELETE");
    expect(end.status).toBe(403);
  });

  test("[36] published keys are named by their thumbprints, and show no private member", async () => {
    const answer = await stage.get("/.well-known/jwks.json");
    const { keys } = JSON.parse(answer.text) as JSONWebKeySet;
    expect(keys.map(({ alg }) => alg).toSorted()).toEqual(["ES256", "RS256"]);
    for (const jwk of keys) {
      expect(jwk.kid).toBe(await calculateJwkThumbprint(jwk, "sha256"));
      const members = jwk.kty === "RSA" ? ["e", "n"] : ["crv", "x", "y"];
      expect(Object.keys(jwk).toSorted()).toEqual(["alg", "kid", "kty", "use", ...members].toSorted());
    }
    expect(keys.map(({ kid }) => kid)).toContain(good.header["kid"]);
  });
});
