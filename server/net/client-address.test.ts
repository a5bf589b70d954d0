import { describe, expect, test } from "vitest";
import { createClientAddress, peerKeyOf } from "./client-address.ts";

test.each([
  ["127.0.0.1", "127.0.0.1"],
  ["::ffff:10.0.0.7", "10.0.0.7"],
  ["::ffff:a00:7", "10.0.0.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8:1:2::9", "2001:db8:1:2"],
  ["2001:DB8::1", "2001:db8:0:0"],
  ["2001:0db8:0001:0002::1", "2001:db8:1:2"],
  ["64:ff9b::10.0.0.7", "64:ff9b:0:0"],
  ["::1", "0:0:0:0"],
  ["fe80::1%eth0", "fe80:0:0:0"],
  [undefined, "unknown"],
  ["unknown", "unknown"],
])("%s counts as %s", (address, key) => {
  expect(peerKeyOf(address)).toBe(key);
});

const trusted = createClientAddress(["10.0.0.0/8", "::1", "fd00::/8", "192.0.2.1"]);

function addressOf(
  remoteAddress: string | undefined,
  headers: Readonly<Record<string, string>> = {},
  clientAddressOf = trusted,
): string {
  return clientAddressOf({ socket: { remoteAddress }, headers });
}

const xff = (value: string) => ({ "x-forwarded-for": value });
const forwarded = (value: string) => ({ forwarded: value });

describe("without a proxy of ours", () => {
  test("the socket alone counts, whatever the headers say", () => {
    const withoutProxies = createClientAddress([]);
    for (const headers of [xff("1.2.3.4"), forwarded("for=1.2.3.4")]) {
      expect(addressOf("127.0.0.1", headers, withoutProxies)).toBe("127.0.0.1");
      expect(addressOf("203.0.113.9", headers)).toBe("203.0.113.9");
    }
    expect(addressOf(undefined, xff("1.2.3.4"))).toBe("unknown");
  });
});

describe("behind proxies of ours", () => {
  test.each([
    ["one client", "198.51.100.7", "198.51.100.7"],
    ["what the client made up is left of it", "8.8.8.8, 198.51.100.7", "198.51.100.7"],
    ["another of our proxies between", "8.8.8.8, 198.51.100.7, 10.2.2.2", "198.51.100.7"],
    ["a client that names our proxies", "10.9.9.9, 198.51.100.7", "198.51.100.7"],
    ["only our own machines", "10.3.3.3, 10.2.2.2", "10.3.3.3"],
    ["with a port", "198.51.100.7:4711", "198.51.100.7"],
    ["IPv6", "2001:DB8::7", "2001:db8:0:0:0:0:0:7"],
    ["IPv6 with a port", "[2001:db8::7]:4711", "2001:db8:0:0:0:0:0:7"],
    ["IPv4 in IPv6", "::ffff:198.51.100.7", "198.51.100.7"],
    ["garbage left of the client", "<script>, 198.51.100.7", "198.51.100.7"],
    ["garbage from our proxy", "198.51.100.7, unknown", "10.1.1.1"],
    ["an empty hop", "198.51.100.7, ", "10.1.1.1"],
    ["nothing", "", "10.1.1.1"],
    ["too much", `${"1.1.1.1, ".repeat(1000)}198.51.100.7`, "10.1.1.1"],
  ])("X-Forwarded-For: %s", (_name, value, address) => {
    expect(addressOf("10.1.1.1", xff(value))).toBe(address);
    expect(addressOf("::ffff:10.1.1.1", xff(value))).toBe(address);
  });

  test.each([
    ["one client", "for=198.51.100.7", "198.51.100.7"],
    ["more parameters", "by=10.1.1.1;FOR=198.51.100.7;proto=https", "198.51.100.7"],
    ["IPv6 in quotes", 'for="[2001:db8::7]:4711"', "2001:db8:0:0:0:0:0:7"],
    ["several hops", "for=8.8.8.8, for=198.51.100.7, for=10.2.2.2", "198.51.100.7"],
    ["a hidden client", "for=198.51.100.7, for=_hidden", "10.1.1.1"],
    ["no client", "proto=https", "10.1.1.1"],
  ])("Forwarded: %s", (_name, value, address) => {
    expect(addressOf("10.1.1.1", forwarded(value))).toBe(address);
  });

  test("two headers that agree are one, two that do not are none", () => {
    const same = { ...xff("198.51.100.7"), ...forwarded("for=198.51.100.7") };
    expect(addressOf("10.1.1.1", same)).toBe("198.51.100.7");
    const other = { ...xff("198.51.100.7"), ...forwarded("for=8.8.8.8") };
    expect(addressOf("10.1.1.1", other)).toBe("10.1.1.1");
  });

  test("no more than twenty hops are followed", () => {
    const hops = Array.from({ length: 30 }, (_, count) => `10.0.0.${count + 1}`);
    expect(addressOf("10.1.1.1", xff(["198.51.100.7", ...hops].join(",")))).toBe("10.0.0.11");
  });

  test("IPv6 proxies and single addresses are known in any spelling", () => {
    for (const proxy of ["::1", "fd12:0:0::5", "FD12::5", "192.0.2.1", "::ffff:192.0.2.1"]) {
      expect(addressOf(proxy, xff("198.51.100.7"))).toBe("198.51.100.7");
    }
    for (const stranger of ["::2", "fe00::1", "192.0.2.2"]) {
      expect(addressOf(stranger, xff("198.51.100.7"))).not.toBe("198.51.100.7");
    }
  });
});

test.each([
  "",
  "proxy",
  "10.0.0.0/33",
  "10.0.0.0/",
  "10.0.0.0/8/8",
  "10.0.0.0/x",
  "::1/129",
  "::ffff:10.0.0.0/104",
])("%j is no proxy to trust", (entry) => {
  expect(() => createClientAddress([entry])).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});
