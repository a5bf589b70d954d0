import { expect, test } from "vitest";
import { createRecoveryCodes, RECOVERY_CODE_COUNT } from "./recovery-codes.ts";

const recovery = createRecoveryCodes({ derive: (purpose) => Buffer.alloc(32, purpose) });

test("makes ten different codes that can be read aloud", () => {
  const codes = recovery.make();
  expect(new Set(codes).size).toBe(RECOVERY_CODE_COUNT);
  for (const code of codes) expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}$/);
  expect(recovery.make()).not.toEqual(codes);
});

test.each(["0ab1c-2de3f", "0AB1C-2DE3F", " 0ab1c 2de3f ", "oablc2de3f", "Oabic-2de3f", "０ab1c-2de3f"])(
  "%j is the same code",
  (spelling) => {
    expect(recovery.hash("u", spelling)).toBe(recovery.hash("u", "0ab1c-2de3f"));
  },
);

test.each(["", "0ab1c-2de3", "0ab1c-2de3f0", "0ab1c-2de3u", "123456"])("%j cannot be one", (code) => {
  expect(recovery.hash("u", code)).toBeUndefined();
});

test("a code may stand among a hundred characters, and not among more", () => {
  const among = (units: number) => recovery.hash("u", "0ab1c-2de3f".padEnd(units, " -"));
  expect(among(100)).toBe(recovery.hash("u", "0ab1c-2de3f"));
  expect(among(101)).toBeUndefined();
});

test("what is stored fits one account and one key", () => {
  const other = createRecoveryCodes({ derive: () => Buffer.alloc(32, 9) });
  const hash = recovery.hash("u", "0ab1c-2de3f");
  expect(hash).toMatch(/^[\w-]{43}$/);
  expect(recovery.hash("v", "0ab1c-2de3f")).not.toBe(hash);
  expect(other.hash("u", "0ab1c-2de3f")).not.toBe(hash);
});
