import { expect, test } from "vitest";
import { openTemporaryStore, type TemporaryStore } from "#server/testing/temporary-store.ts";
import { hashOpaqueToken, newOpaqueToken } from "./opaque-token.ts";
import {
  createSignInCodes,
  redeemSignInCode,
  MAX_SIGN_IN_CODES,
  SIGN_IN_CODE_TTL_MS,
  type SignInCodes,
} from "./sign-in-codes.ts";

const ann = { userId: "ann", scope: ["api:read"] };

async function setUp(): Promise<{ temporary: TemporaryStore; codes: SignInCodes }> {
  const temporary = await openTemporaryStore();
  return {
    temporary,
    codes: createSignInCodes({ store: temporary.store.signInCodes, clock: temporary.clock }),
  };
}

const redeem = ({ store }: TemporaryStore, code: string) => redeemSignInCode(store.auth, code);

test("a code lets its person in, once", async () => {
  const { temporary, codes } = await setUp();
  await using _ = temporary;
  const { code, expiresAtMs } = await codes.issue(ann);
  expect(code).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(expiresAtMs).toBe(temporary.clock.nowMs() + 600_000);
  expect(await redeem(temporary, code)).toEqual(ann);
  expect(await redeem(temporary, code)).toBeUndefined();
});

test("of twenty takers at the same moment, one gets in", async () => {
  const { temporary, codes } = await setUp();
  await using _ = temporary;
  const { code } = await codes.issue(ann);
  const grants = await Promise.all(Array.from({ length: 20 }, () => redeem(temporary, code)));
  expect(grants.filter((grant) => grant !== undefined)).toEqual([ann]);
});

test("a code works until its last moment, and no longer", async () => {
  const { temporary, codes } = await setUp();
  await using _ = temporary;
  const [inTime, tooLate] = [await codes.issue(ann), await codes.issue(ann)];
  temporary.clock.advance(SIGN_IN_CODE_TTL_MS - 1);
  expect(await redeem(temporary, inTime.code)).toEqual(ann);
  temporary.clock.advance(1);
  expect(await redeem(temporary, tooLate.code)).toBeUndefined();
});

test.each(["", "guess", newOpaqueToken(), "' or 1=1 --"])("%j lets nobody in", async (guess) => {
  const { temporary, codes } = await setUp();
  await using _ = temporary;
  const { code } = await codes.issue(ann);
  expect(await redeem(temporary, guess)).toBeUndefined();
  // What is stored is not what opens.
  expect(await redeem(temporary, hashOpaqueToken(code))).toBeUndefined();
  expect(await redeem(temporary, code)).toEqual(ann);
});

test("a user's newest twenty codes work; another's are not touched", async () => {
  const { temporary, codes } = await setUp();
  await using _ = temporary;
  const other = await codes.issue({ ...ann, userId: "bob" });
  const issued: string[] = [];
  for (let count = 0; count <= MAX_SIGN_IN_CODES; count++) {
    issued.push((await codes.issue(ann)).code);
    temporary.clock.advance(1);
  }
  const grants = await Promise.all(issued.map((code) => redeem(temporary, code)));
  expect(grants.map((grant) => grant !== undefined)).toEqual([
    false,
    ...Array.from({ length: MAX_SIGN_IN_CODES }, () => true),
  ]);
  expect(await redeem(temporary, other.code)).toMatchObject({ userId: "bob" });
});

test("codes outlive the server that made them, as hashes", async () => {
  const { temporary, codes } = await setUp();
  await using _ = temporary;
  const { code } = await codes.issue(ann);
  const later = createSignInCodes({ store: temporary.store.signInCodes, clock: temporary.clock });
  await later.removeExpired();
  expect(await redeem(temporary, code)).toEqual(ann);
});

test("codes that have ended are forgotten with the next one that is made", async () => {
  const { temporary, codes } = await setUp();
  await using _ = temporary;
  const { code } = await codes.issue(ann);
  temporary.clock.advance(SIGN_IN_CODE_TTL_MS);
  await codes.issue(ann);
  // Nothing is there to be taken, whatever the time.
  expect(await temporary.store.signInCodes.take(hashOpaqueToken(code), 0)).toBeUndefined();
});
