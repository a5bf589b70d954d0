import { expect, test } from "vitest";
import { openTemporaryStore, type TemporaryStore } from "#server/testing/temporary-store.ts";
import { issueOneTimeToken, takeOneTimeToken } from "#server/domain/secrets/one-time-tokens.ts";
import { hashOpaqueToken, newOpaqueToken } from "#server/domain/secrets/opaque-token.ts";
import { familyOf, tokenOf } from "#server/testing/family-of.ts";
import {
  findSignInCode,
  issueSignInCode,
  redeemSignInCode,
  MAX_SIGN_IN_CODES,
  SIGN_IN_CODE_TTL_MS,
  type SignInGrant,
} from "./sign-in-codes.ts";

const ann = { userId: "ann", scope: ["api:read"] };

async function setUp() {
  const temporary = await openTemporaryStore();
  const issue = (grant: SignInGrant) => issueSignInCode(temporary.store.auth, grant);
  return { temporary, issue };
}

type Issued = Pick<Awaited<ReturnType<typeof issueSignInCode>>, "code" | "digits">;
const redeem = ({ store }: TemporaryStore, { code, digits }: Issued) =>
  store.auth.transaction((tx) => redeemSignInCode(tx, code, { kind: "digits", digits }));

test("a code lets its person in, once", async () => {
  const { temporary, issue } = await setUp();
  await using _ = temporary;
  const issued = await issue(ann);
  expect(issued.code).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(issued.digits).toMatch(/^\d{4}$/);
  expect(issued.expiresAtMs).toBe(temporary.clock.nowMs() + 600_000);
  expect(await redeem(temporary, issued)).toEqual(ann);
  expect(await redeem(temporary, issued)).toBeUndefined();
});

test("of twenty takers at the same moment, one gets in", async () => {
  const { temporary, issue } = await setUp();
  await using _ = temporary;
  const issued = await issue(ann);
  const grants = await Promise.all(Array.from({ length: 20 }, () => redeem(temporary, issued)));
  expect(grants.filter((grant) => grant !== undefined)).toEqual([ann]);
});

test("a code works until its last moment, and no longer", async () => {
  const { temporary, issue } = await setUp();
  await using _ = temporary;
  const [inTime, tooLate] = [await issue(ann), await issue(ann)];
  temporary.clock.advance(SIGN_IN_CODE_TTL_MS - 1);
  expect(await redeem(temporary, inTime)).toEqual(ann);
  temporary.clock.advance(1);
  expect(await redeem(temporary, tooLate)).toBeUndefined();
});

test.each(["", "guess", newOpaqueToken(), "' or 1=1 --"])("%j lets nobody in", async (guess) => {
  const { temporary, issue } = await setUp();
  await using _ = temporary;
  const { code, digits } = await issue(ann);
  expect(await redeem(temporary, { code: guess, digits })).toBeUndefined();
  // What is stored is not what opens.
  expect(await redeem(temporary, { code: hashOpaqueToken(code), digits })).toBeUndefined();
  expect(await redeem(temporary, { code, digits })).toEqual(ann);
});

test("a token for something else signs nobody in, and stays good for that", async () => {
  const { temporary } = await setUp();
  await using _ = temporary;
  const { oneTime } = temporary.store.auth;
  const wanted = { purpose: "ws", userId: "ann", ownerId: "f1", data: { scope: "" } } as const;
  const { token } = await issueOneTimeToken(oneTime, wanted, { ttlMs: 1000, keep: 1 });
  expect(await redeem(temporary, { code: token, digits: "0000" })).toBeUndefined();
  expect(await takeOneTimeToken(oneTime, "ws", token)).toEqual({ userId: "ann", scope: "" });
});

test("a user's newest twenty codes work; another's are not touched", async () => {
  const { temporary, issue } = await setUp();
  await using _ = temporary;
  const other = await issue({ ...ann, userId: "bob" });
  const issued: Issued[] = [];
  for (let count = 0; count <= MAX_SIGN_IN_CODES; count++) {
    issued.push(await issue(ann));
    temporary.clock.advance(1);
  }
  const grants = await Promise.all(issued.map((one) => redeem(temporary, one)));
  expect(grants.map((grant) => grant !== undefined)).toEqual([
    false,
    ...Array.from({ length: MAX_SIGN_IN_CODES }, () => true),
  ]);
  expect(await redeem(temporary, other)).toMatchObject({ userId: "bob" });
});

test("S1: five wrong digits make a code void, also five at once; four do not", async () => {
  const { temporary, issue } = await setUp();
  await using _ = temporary;
  for (const tries of [4, 5]) {
    const { code, digits } = await issue(ann);
    const wrong = digits === "0000" ? "1111" : "0000";
    const refused = Array.from({ length: tries }, () => redeem(temporary, { code, digits: wrong }));
    expect(new Set(await Promise.all(refused))).toEqual(new Set(["wrong-digits"]));
    expect(await redeem(temporary, { code, digits })).toEqual(tries === 4 ? ann : undefined);
  }
});

test("S1: a code tells whose it is and stays good, and is redeemed for no other account than the confirmed one", async () => {
  const { temporary, issue } = await setUp();
  await using _ = temporary;
  const { auth } = temporary.store;
  const { code } = await issue(ann);
  expect([await findSignInCode(auth, code), await findSignInCode(auth, code)]).toEqual(["ann", "ann"]);
  expect(await redeemSignInCode(auth, code, { kind: "confirmed", userId: "bob" })).toBeUndefined();
  expect(await redeemSignInCode(auth, code, { kind: "confirmed", userId: "ann" })).toEqual(ann);
  expect(await findSignInCode(auth, code)).toBeUndefined();
});

test("S2: a code ends with the session that it came from", async () => {
  const { temporary, issue } = await setUp();
  await using _ = temporary;
  const { auth } = temporary.store;
  await auth.refreshTokens.createFamily(familyOf({ id: "f1", userId: "ann" }), tokenOf());
  const [kept, late] = [await issue({ ...ann, sessionId: "f1" }), await issue({ ...ann, sessionId: "f1" })];
  expect(await redeem(temporary, kept)).toEqual({ ...ann, sessionId: "f1" });
  await auth.refreshTokens.revokeFamily("f1", "revoked", 5);
  expect(await findSignInCode(auth, late.code)).toBeUndefined();
  expect(await redeem(temporary, late)).toBeUndefined();
});
