import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createSealer } from "./sealer.ts";

const key = randomBytes(32);
const sealer = createSealer(key);

describe("a sealer", () => {
  test.each(["", "secret", "Пароль 🎉", "x".repeat(100_000)])("opens what it sealed", (text) => {
    expect(sealer.open(sealer.seal(text, "a"), "a").toString()).toBe(text);
    expect(sealer.open(sealer.seal(Buffer.from(text), "a"), "a").toString()).toBe(text);
  });

  test("never seals the same text to the same thing, and shows nothing of it", () => {
    const sealed = [sealer.seal("secret", "a"), sealer.seal("secret", "a")];
    expect(new Set(sealed).size).toBe(2);
    expect(sealed[0]).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(Buffer.from(sealed[0] ?? "", "base64url").includes("secret")).toBe(false);
  });

  test("opens nothing in another place, with another key, or after a change of any byte", () => {
    const sealed = sealer.seal("secret", "a");
    const refused = expect.objectContaining({ code: "CONFIG_INVALID" }) as Error;
    expect(() => sealer.open(sealed, "b")).toThrow(refused);
    expect(() => createSealer(randomBytes(32)).open(sealed, "a")).toThrow(refused);
    const bytes = Buffer.from(sealed, "base64url");
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => sealer.open(changed.toString("base64url"), "a")).toThrow(refused);
    }
    for (const text of ["", "AAAA", sealed.slice(0, -8)])
      expect(() => sealer.open(text, "a")).toThrow(refused);
  });

  test("names the cure and not the secret", () => {
    expect(() => sealer.open("AAAA", "a")).toThrow(/Restore the master-key file/);
  });

  test("takes a key of 32 bytes only", () => {
    expect(() => createSealer(randomBytes(16))).toThrow(/32 bytes/);
  });
});
