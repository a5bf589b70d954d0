import { createHash, createHmac, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { createManualClock } from "#server/testing/temporary-store.ts";
import { createAccessTokens, type TokenKeys } from "./access-tokens.ts";
import type { SigningKey, VerifyingKey } from "./jws.ts";

const issuer = "http://127.0.0.1:8787";
const audience = "pipit";
const startMs = 1_800_000_000_000;
const startSeconds = startMs / 1000;
const alice = { userId: "alice", clientId: "pipit-cli", scope: "chat profile" };

const mine = generateKeyPairSync("rsa", { modulusLength: 2048 });
const foreign = generateKeyPairSync("rsa", { modulusLength: 2048 });
const curve = generateKeyPairSync("ec", { namedCurve: "P-256" });
const foreignCurve = generateKeyPairSync("ec", { namedCurve: "P-256" });
const signing = {
  RS256: { kid: "key-1", algorithm: "RS256", privateKey: mine.privateKey },
  ES256: { kid: "key-e", algorithm: "ES256", privateKey: curve.privateKey },
} as const satisfies Record<string, SigningKey>;
const verifying = new Map<string, VerifyingKey>([
  ["key-1", { algorithm: "RS256", key: mine.publicKey }],
  ["key-e", { algorithm: "ES256", key: curve.publicKey }],
]);
const keys: TokenKeys = {
  signing: (algorithm) => signing[algorithm],
  publicKey: async (kid) => verifying.get(kid),
};
/** As another library has them. */
const jwks = createLocalJWKSet({
  keys: [...verifying].map(([kid, { key, algorithm }]) => ({
    ...(key.export({ format: "jwk" }) as { kty: string }),
    kid,
    alg: algorithm,
  })),
});

function setUp() {
  const clock = createManualClock(startMs);
  return { clock, tokens: createAccessTokens({ keys, issuer, audience, clock }) };
}

const goodHeader = { alg: "RS256", typ: "at+jwt", kid: "key-1" };
const goodClaims = {
  iss: issuer,
  sub: "alice",
  aud: audience,
  exp: startSeconds + 900,
  iat: startSeconds,
  nbf: startSeconds,
  jti: "id-1",
  client_id: "pipit-cli",
  scope: "chat",
  type: "access",
};

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token signed with the right key unless said otherwise. */
function forge(
  header: Readonly<Record<string, unknown>> = {},
  claims: Readonly<Record<string, unknown>> = {},
  key: KeyObject = mine.privateKey,
): string {
  const text = `${encode({ ...goodHeader, ...header })}.${encode({ ...goodClaims, ...claims })}`;
  return `${text}.${signatureOf(text, key)}`;
}

function signatureOf(text: string, key: KeyObject): string {
  return sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }).toString("base64url");
}

async function failure(token: string): Promise<PipitError> {
  try {
    await setUp().tokens.verify(token);
  } catch (reason) {
    if (reason instanceof PipitError) return reason;
    throw reason;
  }
  throw new Error("the token was accepted");
}

describe("issue", () => {
  test("makes an RFC 9068 token with the agreed claims", async () => {
    const { tokens } = setUp();
    const { token, expiresInSeconds } = tokens.issue(alice);
    expect(expiresInSeconds).toBe(900);
    expect(decodeProtectedHeader(token)).toEqual(goodHeader);
    expect(decodeJwt(token)).toEqual({
      ...goodClaims,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      scope: "chat profile",
    });
    expect(decodeJwt(tokens.issue(alice).token).jti).not.toBe(decodeJwt(token).jti);
  });

  test.each(["RS256", "ES256"] as const)("by %s is accepted by another library", async (algorithm) => {
    const { token } = setUp().tokens.issue({ ...alice, algorithm });
    const { payload, protectedHeader } = await jwtVerify(token, jwks, {
      issuer,
      audience,
      typ: "at+jwt",
      algorithms: [algorithm],
      currentDate: new Date(startMs),
    });
    expect(payload.sub).toBe("alice");
    expect(protectedHeader.kid).toBe(signing[algorithm].kid);
  });

  test("names the session and when the person signed in, and has the life that was asked for", () => {
    const { token, expiresInSeconds, tokenId } = setUp().tokens.issue({
      ...alice,
      sessionId: "family-1",
      authTimeMs: startMs - 5_500,
      ttlSeconds: 60,
    });
    expect(expiresInSeconds).toBe(60);
    expect(decodeJwt(token)).toMatchObject({
      sid: "family-1",
      auth_time: startSeconds - 6,
      jti: tokenId,
      exp: startSeconds + 60,
    });
  });

  test("never lives longer than retired keys are kept for", () => {
    const { token, expiresInSeconds } = setUp().tokens.issue({ ...alice, ttlSeconds: 100_000 });
    expect(expiresInSeconds).toBe(86_400);
    expect(decodeJwt(token).exp).toBe(startSeconds + 86_400);
  });
});

describe("an ID token", () => {
  const request = {
    audience: "pipit-cli",
    userId: "alice",
    nonce: "n-1",
    authTimeMs: startMs - 1_000,
    amr: ["pwd", "otp"],
    sessionId: "family-1",
    claims: { name: "Alice", sub: "root", aud: "pipit", iss: "elsewhere", exp: 9_999_999_999 },
  } as const;

  test("says what OpenID Connect asks for, and about the person cannot say anything else of it", async () => {
    const { tokens } = setUp();
    const accessToken = tokens.issue(alice).token;
    const idToken = tokens.signIdToken({ ...request, accessToken });
    const { payload, protectedHeader } = await jwtVerify(idToken, jwks, {
      issuer,
      audience: "pipit-cli",
      algorithms: ["RS256"],
      currentDate: new Date(startMs),
    });
    expect(protectedHeader).toEqual({ alg: "RS256", typ: "JWT", kid: "key-1" });
    expect(payload).toEqual({
      iss: issuer,
      sub: "alice",
      aud: "pipit-cli",
      iat: startSeconds,
      exp: startSeconds + 3_600,
      auth_time: startSeconds - 1,
      nonce: "n-1",
      amr: ["pwd", "otp"],
      sid: "family-1",
      name: "Alice",
      at_hash: createHash("sha256").update(accessToken).digest().subarray(0, 16).toString("base64url"),
    });
  });

  test("is no access token, even if it were for our audience", async () => {
    const { tokens } = setUp();
    for (const client of ["pipit-cli", audience]) {
      const idToken = tokens.signIdToken({ ...request, audience: client });
      expect((await failure(idToken)).code).toBe("TOKEN_INVALID");
    }
  });

  test("has no hash of a token it does not come with", () => {
    expect(decodeJwt(setUp().tokens.signIdToken(request))).not.toHaveProperty("at_hash");
  });
});

describe("verify accepts", () => {
  test("what was issued, until its very last second", async () => {
    const { clock, tokens } = setUp();
    const { token, tokenId } = tokens.issue({ ...alice, sessionId: "family-1", authTimeMs: startMs - 2_000 });
    const caller = {
      userId: "alice",
      clientId: "pipit-cli",
      scope: ["chat", "profile"],
      anonymous: false,
      kind: "user",
      expiresAtMs: clock.nowMs() + 900_000,
      tokenId,
      sessionId: "family-1",
      authTimeMs: startMs - 2_000,
    };
    expect(await tokens.verify(token)).toEqual(caller);
    clock.advance(899_999);
    expect(await tokens.verify(token)).toEqual(caller);
  });

  test("a token by ES256", async () => {
    const { tokens } = setUp();
    const { token } = tokens.issue({ ...alice, algorithm: "ES256" });
    expect(decodeProtectedHeader(token)).toEqual({ alg: "ES256", typ: "at+jwt", kid: "key-e" });
    expect(await tokens.verify(token)).toMatchObject({ userId: "alice", kind: "user" });
  });

  test("a client that speaks for itself, as a service", async () => {
    const { tokens } = setUp();
    const { token } = tokens.issue({ userId: "worker", clientId: "worker", scope: "api:read" });
    const caller = await tokens.verify(token);
    expect(caller).toMatchObject({ userId: "worker", clientId: "worker", kind: "service" });
    expect(caller).not.toHaveProperty("sessionId");
  });

  test("an audience list that names us, an empty scope, a clock 90 s ahead", async () => {
    const { tokens } = setUp();
    const ahead = startSeconds + 90;
    const token = forge({}, { aud: ["other", audience], scope: "", nbf: ahead, iat: ahead });
    expect(await tokens.verify(token)).toMatchObject({ userId: "alice", scope: [] });
  });
});

describe("verify refuses", () => {
  test.each([
    ["its last second has passed", startSeconds],
    ["long past", startSeconds - 86_400],
  ])("an expired token: %s", async (_name, exp) => {
    const error = await failure(forge({}, { exp }));
    expect(error.code).toBe("TOKEN_EXPIRED");
    expect(error.message).toMatch(/Refresh it/);
  });

  let valid = "";
  beforeAll(() => {
    valid = forge();
  });

  test.each<[string, () => string]>([
    ["no algorithm", () => `${encode({ ...goodHeader, alg: "none" })}.${encode(goodClaims)}.`],
    ["no algorithm, with a signature", () => forge({ alg: "none" })],
    [
      "HS256 with the public key as the secret",
      () => {
        const text = `${encode({ ...goodHeader, alg: "HS256" })}.${encode(goodClaims)}`;
        const secret = mine.publicKey.export({ format: "pem", type: "spki" });
        return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
      },
    ],
    ["RS512", () => forge({ alg: "RS512" })],
    ["ES256 named for an RSA key", () => forge({ alg: "ES256" })],
    ["RS256 named for a curve's key", () => forge({ kid: "key-e" }, {}, curve.privateKey)],
    ["RS256 by an RSA key under a curve's id", () => forge({ kid: "key-e" })],
    ["ES256 by a curve's key under an RSA id", () => forge({ alg: "ES256" }, {}, curve.privateKey)],
    ["ES256 with a foreign key", () => forge({ alg: "ES256", kid: "key-e" }, {}, foreignCurve.privateKey)],
    [
      "ES256 with a signature in DER",
      () => {
        const text = `${encode({ ...goodHeader, alg: "ES256", kid: "key-e" })}.${encode(goodClaims)}`;
        return `${text}.${sign("sha256", Buffer.from(text), curve.privateKey).toString("base64url")}`;
      },
    ],
    [
      "ES256 with a signature of zeros",
      () => {
        const text = `${encode({ ...goodHeader, alg: "ES256", kid: "key-e" })}.${encode(goodClaims)}`;
        return `${text}.${Buffer.alloc(64).toString("base64url")}`;
      },
    ],
    ["a session id that is no text", () => forge({}, { sid: 7 })],
    ["an empty session id", () => forge({}, { sid: "" })],
    ["a time of sign-in that is no number", () => forge({}, { auth_time: "now" })],
    ["a foreign kid", () => forge({ kid: "key-2" }, {}, foreign.privateKey)],
    ["our kid with a foreign signature", () => forge({}, {}, foreign.privateKey)],
    ["no kid", () => forge({ kid: undefined })],
    ["a kid that is no string", () => forge({ kid: ["key-1"] })],
    [
      "an embedded key",
      () => forge({ kid: "x", jwk: foreign.publicKey.export({ format: "jwk" }) }, {}, foreign.privateKey),
    ],
    ["a critical extension", () => forge({ crit: ["b64"], b64: false })],
    ["an ID token's type", () => forge({ typ: "JWT" })],
    ["no type", () => forge({ typ: undefined })],
    ["another issuer", () => forge({}, { iss: "http://127.0.0.1:8787/" })],
    ["no issuer", () => forge({}, { iss: undefined })],
    ["another audience", () => forge({}, { aud: "elsewhere" })],
    ["an audience list without us", () => forge({}, { aud: ["elsewhere"] })],
    ["no audience", () => forge({}, { aud: undefined })],
    ["nbf 91 s ahead", () => forge({}, { nbf: startSeconds + 91 })],
    ["iat 91 s ahead", () => forge({}, { iat: startSeconds + 91 })],
    ["no exp", () => forge({}, { exp: undefined })],
    ["exp as text", () => forge({}, { exp: "9999999999" })],
    ["no nbf", () => forge({}, { nbf: undefined })],
    ["another kind of token", () => forge({}, { type: "refresh" })],
    ["no subject", () => forge({}, { sub: "" })],
    ["no client", () => forge({}, { client_id: undefined })],
    ["a scope that is no text", () => forge({}, { scope: ["chat"] })],
    ["no jti", () => forge({}, { jti: undefined })],
    ["a changed claim", () => valid.replace(/\.[^.]+\./, `.${encode({ ...goodClaims, sub: "root" })}.`)],
    ["a cut signature", () => valid.slice(0, -4)],
    ["a second spelling of the signature", () => secondSpelling(valid)],
    ["a fourth part", () => `${valid}.x`],
    ["two parts", () => valid.split(".").slice(0, 2).join(".")],
    ["padding", () => `${valid}==`],
    ["a line break", () => `${valid}\n`],
    ["nothing", () => ""],
    ["dots", () => ".."],
    ["garbage", () => "not a token at all"],
    [
      "a header that is no JSON",
      () => `${Buffer.from("{").toString("base64url")}.${encode(goodClaims)}.AAAA`,
    ],
    ["a header that is a list", () => `${encode([])}.${encode(goodClaims)}.AAAA`],
    ["a header that is null", () => `${encode(null)}.${encode(goodClaims)}.AAAA`],
    ["a token of a megabyte", () => `${"A".repeat(1024 * 1024)}.${encode(goodClaims)}.AAAA`],
  ])("%s", async (_name, make) => {
    const token = make();
    const error = await failure(token);
    expect(error.code).toBe("TOKEN_INVALID");
    expect(error.message).toBe("The access token is not valid here. Sign in again.");
    // Neither the token nor a part of it may reach a log.
    const written = `${error.detail} ${String(error.cause)}`;
    expect(token.split(".").some((part) => part.length > 3 && written.includes(part))).toBe(false);
  });

  test("claims that are signed but no JSON object", async () => {
    const text = `${encode(goodHeader)}.${encode("text")}`;
    const token = `${text}.${signatureOf(text, mine.privateKey)}`;
    expect((await failure(token)).code).toBe("TOKEN_INVALID");
  });
});

/** The same signature bytes with the spare bits of the last character set. */
function secondSpelling(token: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = alphabet.indexOf(token.slice(-1));
  const other = `${token.slice(0, -1)}${alphabet[last ^ 1]}`;
  const bytes = (text: string) => Buffer.from(text.split(".")[2] ?? "", "base64url");
  if (!bytes(other).equals(bytes(token))) throw new Error("not the same bytes");
  return other;
}
