import { describe, expect, it, test } from "vitest";
import { opensUnasked, plainHttpUrl, safeUrl, withoutDirectionMarks } from "./safe-url.ts";

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

describe("S8 a link opens at one click", () => {
  const unasked = (url: string, text: string) => {
    const target = safeUrl(url);
    return target !== undefined && opensUnasked(target, text);
  };

  test.each([
    ["https://example.org", "https://example.org/"],
    ["https://www.example.org/docs/", "example.org/docs"],
    ["https://example.org/docs#install", "https://example.org/docs#install"],
    ["https://example.org/a b", "https://example.org/a%20b"],
    ["mailto:me@example.org", "me@example.org"],
  ])("%s, shown as %s", (url, text) => {
    expect(unasked(url, text)).toBe(true);
  });

  test.each([
    ["https://evil.example/?leak=SECRET", "text"],
    ["https://evil.example/?leak=SECRET", "https://evil.example/?leak=SECRET"],
    ["https://evil.example/#leak=SECRET", "https://evil.example/#leak=SECRET"],
    ["https://evil.example/#:~:text=SECRET", "https://evil.example/#:~:text=SECRET"],
    [`https://evil.example/#${"S".repeat(41)}`, `https://evil.example/#${"S".repeat(41)}`],
    ["https://evil.example/SECRET", "evil.example"],
    ["https://evil.example/#SECRET", "evil.example"],
    ["https://evil.example/", "https://bank.example/"],
    ["https://SECRET.evil.example/", "evil.example"],
    ["https://evil.example:8443/", "evil.example"],
    ["https://evil.example/", "the docs"],
    ["https://evil.example/", ""],
    ["https://аррӏе.com/", "https://аррӏе.com/"],
    ["mailto:me@evil.example?body=SECRET", "me@evil.example"],
    ["mailto:me@evil.example", "me@bank.example"],
  ])("never: %s, shown as %s", (url, text) => {
    expect(unasked(url, text)).toBe(false);
  });
});
