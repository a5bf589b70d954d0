import { describe, expect, test } from "vitest";
import { SchemeMap } from "./scheme-map.ts";

const schemes = new SchemeMap();
schemes.register("app", { standard: true, secure: true });

describe("SchemeMap", () => {
  test.each([
    ["app://pipit/index.html?q=1#part", "http://pipit.app.localhost/index.html?q=1#part"],
    ["app://pipit", "http://pipit.app.localhost"],
    ["APP://pipit/", "http://pipit.app.localhost/"],
  ])("%s is %s inside Chromium", (outer, inner) => {
    expect(schemes.toChromium(outer)).toBe(inner);
    expect(schemes.fromChromium(inner)).toBe(outer.replace("APP", "app"));
  });

  test.each([
    "https://example.org/x",
    "http://pipit.other.localhost/",
    "http://app.localhost/",
    "about:blank",
    "null",
  ])("leaves %s as it is", (url) => {
    expect(schemes.toChromium(url)).toBe(url);
    expect(schemes.fromChromium(url)).toBe(url);
  });

  test("a host that only looks like ours is not ours", () => {
    expect(schemes.fromChromium("http://pipit.app.localhost.evil.example/")).not.toMatch(/^app:/);
    expect(schemes.fromChromium("http://pipit.app.localhost:8080/")).not.toMatch(/^app:/);
  });

  test("takes only standard and secure schemes", () => {
    expect(() => schemes.register("x", { standard: true })).toThrow("not in the stand-in");
  });
});
