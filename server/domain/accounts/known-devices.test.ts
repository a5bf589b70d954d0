import { createHmac, hkdfSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createKnownDevices } from "./known-devices.ts";

const masterKeyOf = (secret: string) => ({
  derive: (purpose: string) => Buffer.from(hkdfSync("sha256", secret, "", purpose, 32)),
});
const devices = createKnownDevices(masterKeyOf("ours"));

test("a device is known to its account, each by a key of its own that stays the same", () => {
  const [one, other] = [devices.issue("ann", 7), devices.issue("ann", 7)];
  const key = devices.check(one, "ann", 7);
  expect(key).toMatch(/^ann:/);
  expect(devices.check(one, "ann", 7)).toBe(key);
  expect(createKnownDevices(masterKeyOf("ours")).check(one, "ann", 7)).toBe(key);
  expect(devices.check(other, "ann", 7)).not.toBe(key);
});

describe("a token is of no use", () => {
  const token = devices.issue("ann", 7);
  const [id = "", mac = ""] = token.split(".");

  test("for another account, after a change of password, or with another master key", () => {
    expect(devices.check(token, "bob", 7)).toBeUndefined();
    expect(devices.check(token, "ann", 8)).toBeUndefined();
    expect(createKnownDevices(masterKeyOf("other")).check(token, "ann", 7)).toBeUndefined();
  });

  test.each([
    ["nothing", ""],
    ["a dot", "."],
    ["no proof", `${id}.`],
    ["a shorter proof", `${id}.${mac.slice(1)}`],
    ["a longer proof", `${token}A`],
    ["another device", `${"A".repeat(22)}.${mac}`],
    ["another proof", `${id}.${"A".repeat(43)}`],
    ["a line break", `${token}\n`],
    ["a third part", `${token}.${mac}`],
    [
      "a proof by a key that everybody knows",
      `${id}.${createHmac("sha256", "")
        .update(JSON.stringify([id, "ann", 7]))
        .digest("base64url")}`,
    ],
    ["a megabyte", "A".repeat(1_000_000)],
  ])("when it is %s", (_name, forged) => {
    expect(devices.check(forged, "ann", 7)).toBeUndefined();
  });
});
