import { expect, test } from "vitest";
import { openTemporaryStore, type TemporaryStore } from "#server/testing/temporary-store.ts";
import { issueOneTimeToken, takeOneTimeToken } from "#server/domain/secrets/one-time-tokens.ts";
import { hashOpaqueToken, newOpaqueToken } from "#server/domain/secrets/opaque-token.ts";
import {
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

const redeem = ({ store }: TemporaryStore, code: string) => redeemSignInCode(store.auth, code);

test("a code lets its person in, once", async () => {
  const { temporary, issue } = await setUp();
  await using _ = temporary;
  const { code, expiresAtMs } = await issue(ann);
  expect(code).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(expiresAtMs).toBe(temporary.clock.nowMs() + 600_000);
  expect(await redeem(temporary, code)).toEqual(ann);
  expect(await redeem(temporary, code)).toBeUndefined();
});

test("of twenty takers at the same moment, one gets in", async () => {
  const { temporary, issue } = await setUp();
  await using _ = temporary;
  const { code } = await issue(ann);
  const grants = await Promise.all(Array.from({ length: 20 }, () => redeem(temporary, code)));
  expect(grants.filter((grant) => grant !== undefined)).toEqual([ann]);
});

test("a code works until its last moment, and no longer", async () => {
  const { temporary, issue } = await setUp();
  await using _ = temporary;
  const [inTime, tooLate] = [await issue(ann), await issue(ann)];
  temporary.clock.advance(SIGN_IN_CODE_TTL_MS - 1);
  expect(await redeem(temporary, inTime.code)).toEqual(ann);
  temporary.clock.advance(1);
  expect(await redeem(temporary, tooLate.code)).toBeUndefined();
});

test.each(["", "guess", newOpaqueToken(), "' or 1=1 --"])("%j lets nobody in", async (guess) => {
  const { temporary, issue } = await setUp();
  await using _ = temporary;
  const { code } = await issue(ann);
  expect(await redeem(temporary, guess)).toBeUndefined();
  // What is stored is not what opens.
  expect(await redeem(temporary, hashOpaqueToken(code))).toBeUndefined();
  expect(await redeem(temporary, code)).toEqual(ann);
});

test("a token for something else signs nobody in, and stays good for that", async () => {
  const { temporary } = await setUp();
  await using _ = temporary;
  const { oneTime } = temporary.store.auth;
  const wanted = { purpose: "ws", userId: "ann", ownerId: "f1", data: { scope: "" } } as const;
  const { token } = await issueOneTimeToken(oneTime, wanted, { ttlMs: 1000, keep: 1 });
  expect(await redeem(temporary, token)).toBeUndefined();
  expect(await takeOneTimeToken(oneTime, "ws", token)).toEqual({ userId: "ann", scope: "" });
});

test("a user's newest twenty codes work; another's are not touched", async () => {
  const { temporary, issue } = await setUp();
  await using _ = temporary;
  const other = await issue({ ...ann, userId: "bob" });
  const issued: string[] = [];
  for (let count = 0; count <= MAX_SIGN_IN_CODES; count++) {
    issued.push((await issue(ann)).code);
    temporary.clock.advance(1);
  }
  const grants = await Promise.all(issued.map((code) => redeem(temporary, code)));
  expect(grants.map((grant) => grant !== undefined)).toEqual([
    false,
    ...Array.from({ length: MAX_SIGN_IN_CODES }, () => true),
  ]);
  expect(await redeem(temporary, other.code)).toMatchObject({ userId: "bob" });
});

test("codes that have ended are forgotten with the next one that is made", async () => {
  const { temporary, issue } = await setUp();
  await using _ = temporary;
  const { code } = await issue(ann);
  temporary.clock.advance(SIGN_IN_CODE_TTL_MS);
  await issue(ann);
  // Nothing is there to be taken, whatever the time.
  temporary.clock.advance(-SIGN_IN_CODE_TTL_MS);
  expect(await redeem(temporary, code)).toBeUndefined();
});
