import { expect, test } from "vitest";
import { formatAddress } from "./listen-address.ts";

test("formatAddress puts IPv6 into brackets", () => {
  expect(formatAddress({ host: "::1", port: 1 })).toBe("[::1]:1");
  expect(formatAddress({ host: "localhost", port: 1 })).toBe("localhost:1");
});
