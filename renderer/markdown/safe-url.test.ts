import { describe, expect, it } from "vitest";
import { plainHttpUrl, safeUrl, withoutDirectionMarks } from "./safe-url.ts";

describe("safeUrl", () => {
  it("normalises the address, and names who is behind it", () => {
    expect(safeUrl("HTTPS://Example.ORG:8443/a b?c#d")).toEqual({
      url: "https://example.org:8443/a%20b?c#d",
      host: "example.org:8443",
    });
    expect(safeUrl("mailto:me@example.org")).toEqual({
      url: "mailto:me@example.org",
      host: "me@example.org",
    });
  });

  it("names hosts of other alphabets by their true name", () => {
    expect(safeUrl("https://аррӏе.com/")?.host).toMatch(/^xn--/);
  });

  it.each([
    "http://example.org",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    " javascript:alert(1)",
    "\u0000javascript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://example.org/x",
    "view-source:https://example.org",
    "pipit:compose?text=x",
    "//example.org/x",
    "/relative",
    "#fragment",
    "",
    "https://",
    "https://bank.example@evil.example/",
    "https://user:secret@evil.example/",
    `https://example.org/${"a".repeat(2_048)}`,
    `https://example.org/${"ж".repeat(1_000)}`,
  ])("refuses %j", (raw) => {
    expect(safeUrl(raw)).toBeUndefined();
  });
});

describe("plainHttpUrl", () => {
  it("tells http addresses from all others", () => {
    expect(plainHttpUrl("http://Example.org/a")).toBe("http://example.org/a");
    for (const raw of ["https://example.org", "http://a@b.example", "javascript:1", "/a"]) {
      expect(plainHttpUrl(raw)).toBeUndefined();
    }
  });
});

it("takes out every mark that turns the direction, and nothing else", () => {
  expect(
    withoutDirectionMarks("a\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069\u200E\u200F\u061Cb שлом"),
  ).toBe("ab שлом");
});
