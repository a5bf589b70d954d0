import { describe, expect, test } from "vitest";
import { createSecureTransport } from "./secure-transport.ts";

const PROXY = "10.0.0.7";
const isSecure = createSecureTransport(["10.0.0.0/8", "::1"]);

function request(remoteAddress: string | undefined, headers: Record<string, string> = {}, encrypted = false) {
  return { socket: { remoteAddress, encrypted }, headers };
}

describe("the way of a request is safe", () => {
  test.each([
    ["from this machine", request("127.0.0.1")],
    ["from this machine, in IPv6 spelling", request("::ffff:127.0.0.1")],
    ["from the address of a trusted proxy on this machine, by no proxy", request("::1")],
    ["by TLS", request("203.0.113.9", {}, true)],
    ["by a trusted proxy that took it by TLS", request(PROXY, { "x-forwarded-proto": "https" })],
    ["the same in capitals", request(PROXY, { "x-forwarded-proto": "HTTPS" })],
    ["the same by RFC 7239", request(PROXY, { forwarded: "for=203.0.113.9;proto=https" })],
    ["the same, quoted", request(PROXY, { forwarded: 'for=203.0.113.9;Proto="https"' })],
    ["the nearest proxy says so, of several", request(PROXY, { "x-forwarded-proto": "http, https" })],
  ])("%s", (_name, given) => {
    expect(isSecure(given)).toBe(true);
  });
});

describe("the way of a request is not safe", () => {
  test.each([
    ["from another machine", request("203.0.113.9")],
    ["from a socket that has gone", request(undefined)],
    [
      "from another machine that says it came by TLS",
      request("203.0.113.9", { "x-forwarded-proto": "https" }),
    ],
    ["from the address of a trusted proxy elsewhere that says nothing", request(PROXY)],
    ["by a trusted proxy that took it without TLS", request(PROXY, { "x-forwarded-proto": "http" })],
    ["the nearest proxy took it without TLS", request(PROXY, { "x-forwarded-proto": "https, http" })],
    [
      "two headers that tell different things",
      request(PROXY, { "x-forwarded-proto": "https", forwarded: "for=203.0.113.9;proto=http" }),
    ],
    ["by a proxy on this machine that nobody trusts", request("127.0.0.1", { "x-forwarded-proto": "https" })],
    [
      "by a proxy on this machine that only says for whom",
      request("127.0.0.1", { "x-forwarded-for": "203.0.113.9" }),
    ],
    ["by a trusted proxy that only says for whom", request("::1", { "x-forwarded-for": "203.0.113.9" })],
    ["by a trusted proxy elsewhere, for its own machine", request(PROXY, { "x-forwarded-for": "127.0.0.1" })],
    ["with an empty scheme", request(PROXY, { "x-forwarded-proto": "" })],
  ])("%s", (_name, given) => {
    expect(isSecure(given)).toBe(false);
  });
});

test("a list of proxies that makes no sense is refused", () => {
  expect(() => createSecureTransport(["everybody"])).toThrow(/everybody/);
});
