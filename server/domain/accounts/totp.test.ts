import { describe, expect, test } from "vitest";
import { newTotpSecret, totpStepOf, totpUri } from "./totp.ts";

/** RFC 6238 appendix B: "12345678901234567890" in base 32. */
const RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

describe("[G9] RFC 6238", () => {
  // Appendix B has eight digits; six digits are the last six of them (RFC 4226 §5.3).
  test.each([
    [59, "94287082", 0x1],
    [1_111_111_109, "07081804", 0x23523ec],
    [1_111_111_111, "14050471", 0x23523ed],
    [1_234_567_890, "89005924", 0x273ef07],
    [2_000_000_000, "69279037", 0x3f940aa],
    [20_000_000_000, "65353130", 0x27bc86aa],
  ])("appendix B at second %i: the code %s is of its step", (second, code, step) => {
    expect(totpStepOf(RFC_SECRET, code.slice(2), second * 1000)).toBe(step);
  });

  test("§5.2: a code is good one step before and one after its own, and no further", () => {
    const code = "050471";
    const step = 0x23523ed;
    const startMs = step * 30_000;
    expect(totpStepOf(RFC_SECRET, code, startMs - 30_001)).toBeUndefined();
    expect(totpStepOf(RFC_SECRET, code, startMs - 30_000)).toBe(step);
    expect(totpStepOf(RFC_SECRET, code, startMs)).toBe(step);
    expect(totpStepOf(RFC_SECRET, code, startMs + 59_999)).toBe(step);
    expect(totpStepOf(RFC_SECRET, code, startMs + 60_000)).toBeUndefined();
  });
});

test.each([
  "",
  "28708",
  "2870820",
  "94287082",
  "28708a",
  "٢٨٧٠٨٢",
  "+87082",
  "2.7082",
  "287082; drop",
  " 287082",
  "287 082",
  "287-082",
  "287082\n",
])("%j is no code", (code) => {
  expect(totpStepOf(RFC_SECRET, "287082", 59_000)).toBe(1);
  expect(totpStepOf(RFC_SECRET, code, 59_000)).toBeUndefined();
});

test("a secret has 160 bits and is another one each time", () => {
  const secrets = Array.from({ length: 20 }, newTotpSecret);
  expect(new Set(secrets).size).toBe(20);
  for (const secret of secrets) expect(secret).toMatch(/^[A-Z2-7]{32}$/);
});

test("the address names service and login, and says nothing that apps take for granted", () => {
  expect(totpUri("Pipit", "ann", RFC_SECRET)).toBe(
    `otpauth://totp/Pipit:ann?secret=${RFC_SECRET}&issuer=Pipit`,
  );
  const address = new URL(totpUri("Pipit", "ann@x.org&secret=A", RFC_SECRET));
  expect(decodeURIComponent(address.pathname)).toBe("/Pipit:ann@x.org&secret=A");
  expect(address.searchParams.getAll("secret")).toEqual([RFC_SECRET]);
});
