import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { seal, unseal } from "./sealed-file.ts";

test("a sealed text opens with its key in its place, and nowhere else", () => {
  const key = randomBytes(32);
  const sealed = seal(key, "home-1", "tokens ключ");
  expect(sealed).not.toContain("tokens");
  expect(unseal(key, "home-1", sealed)).toBe("tokens ключ");
  expect(unseal(key, "home-2", sealed)).toBeUndefined();
  expect(unseal(randomBytes(32), "home-1", sealed)).toBeUndefined();
  expect(seal(key, "home-1", "tokens ключ")).not.toBe(sealed);
});

test("a changed or broken file does not open", () => {
  const key = randomBytes(32);
  const parts = JSON.parse(seal(key, "c", "secret")) as Record<string, string>;
  const flipped = Buffer.from(parts["data"] ?? "", "base64");
  flipped[0] = (flipped[0] ?? 0) ^ 1;
  expect(unseal(key, "c", JSON.stringify({ ...parts, data: flipped.toString("base64") }))).toBeUndefined();
  expect(unseal(key, "c", JSON.stringify({ ...parts, tag: "AAAA" }))).toBeUndefined();
  for (const broken of ["", "{}", "null", "{"]) expect(unseal(key, "c", broken)).toBeUndefined();
});
