import { expect, test } from "vitest";
import { toBase64 } from "./base64.ts";

test.each([0, 1, 2, 3, 24_575, 24_576, 24_577, 100_000])("encodes %i bytes as everybody does", (length) => {
  const bytes = Uint8Array.from({ length }, (_, index) => (index * 31 + 7) % 256);
  expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
});

test("reads only its part of a larger buffer", () => {
  expect(toBase64(new Uint8Array([9, 0xff, 0xd8, 0xff, 9]).subarray(1, 4))).toBe("/9j/");
});
