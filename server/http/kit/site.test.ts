import { describe, expect, test } from "vitest";
import { createSite } from "./site.ts";

const here = createSite({ host: "127.0.0.1", port: 8787 }, undefined);
const behindProxy = createSite({ host: "127.0.0.1", port: 8787 }, "https://pipit.example");
const onNetwork = createSite({ host: "0.0.0.0", port: 8787 }, undefined);

describe("the names that a server on loopback answers to", () => {
  test.each(["127.0.0.1:8787", "127.0.0.2", "localhost:8787", "LOCALHOST", "[::1]:8787"])("%s", (host) => {
    expect(() => here.checkHost({ host })).not.toThrow();
  });

  test.each([
    undefined,
    "",
    "evil.example",
    "evil.example:8787",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "127.0.0.1@evil.example",
    "127.0.0.1, evil.example",
    "10.0.0.1:8787",
    "[fe80::1]",
    "a b",
  ])("not %s", (host) => {
    const headers = host === undefined ? {} : { host };
    expect(() => here.checkHost(headers)).toThrow(expect.objectContaining({ code: "NOT_ALLOWED" }));
  });

  test("the configured public name as well", () => {
    expect(() => behindProxy.checkHost({ host: "pipit.example" })).not.toThrow();
    expect(() => behindProxy.checkHost({ host: "other.example" })).toThrow(/--public-url/);
  });

  test("a server on the network answers to any: it cannot know them all", () => {
    expect(() => onNetwork.checkHost({ host: "pipit.lan:8787" })).not.toThrow();
  });
});

const host = "127.0.0.1:8787";
const own = "http://127.0.0.1:8787";

describe("who made a request", () => {
  test.each([
    [{ origin: own }, true, false],
    [{ origin: own, "sec-fetch-site": "same-origin" }, true, false],
    [{ "sec-fetch-site": "same-origin" }, true, false],
    [{ origin: "null", "sec-fetch-site": "same-origin" }, true, false],
    // Programs, and what a person typed: not our page, but no other site's either.
    [{}, false, false],
    [{ "sec-fetch-site": "none" }, false, false],
    [{ origin: "null" }, false, true],
    [{ origin: "null", "sec-fetch-site": "cross-site" }, false, true],
    [{ origin: "" }, false, true],
    [{ origin: "http://127.0.0.1" }, false, true],
    [{ origin: "http://127.0.0.1:3000", "sec-fetch-site": "same-site" }, false, true],
    [{ origin: "http://localhost:8787" }, false, true],
    [{ origin: "https://evil.example" }, false, true],
    [{ origin: `${own}.evil.example` }, false, true],
    [{ origin: own, "sec-fetch-site": "cross-site" }, false, true],
    [{ "sec-fetch-site": "same-site" }, false, true],
    [{ "sec-fetch-site": "cross-site" }, false, true],
  ])("%j: own page %s, foreign page %s", (headers, isOwn, isForeign) => {
    expect(here.isOwnPage({ host, ...headers })).toBe(isOwn);
    expect(here.isForeignPage({ host, ...headers })).toBe(isForeign);
  });

  test("through a proxy, whether it passes the name on or not", () => {
    const origin = "https://pipit.example";
    for (const name of ["pipit.example", host]) {
      expect(behindProxy.isOwnPage({ host: name, origin })).toBe(true);
      expect(behindProxy.isForeignPage({ host: name, origin: "https://evil.example" })).toBe(true);
    }
  });

  test("away from this machine, only pages that came by TLS", () => {
    expect(onNetwork.isOwnPage({ host: "pipit.lan", origin: "https://pipit.lan" })).toBe(true);
    expect(onNetwork.isOwnPage({ host: "pipit.lan:8787", origin: "http://pipit.lan:8787" })).toBe(false);
  });
});

test("cookies are for TLS only, but on the server's own machine", () => {
  expect(here.needsSecureCookie({ host })).toBe(false);
  expect(here.needsSecureCookie({ host: "[::1]:8787", origin: "http://[::1]:8787" })).toBe(false);
  expect(behindProxy.needsSecureCookie({ host, origin: "https://pipit.example" })).toBe(true);
  expect(onNetwork.needsSecureCookie({ host: "pipit.lan" })).toBe(true);
  expect(onNetwork.needsSecureCookie({})).toBe(true);
});
