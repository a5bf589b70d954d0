import { expect, test } from "vitest";
import { deepLinkOf } from "./config.ts";
import { parseDeepLink } from "./deep-link.ts";

test.each([
  ["pipit://show", { kind: "show" }],
  ["pipit://show/", { kind: "show" }],
  ["PIPIT://show", { kind: "show" }],
  ["pipit://new", { kind: "compose", text: "" }],
  ["pipit://new?text=What%20is%20this%3F", { kind: "compose", text: "What is this?" }],
  ["pipit://new?text=a%0Ab%00%1b%5B31mc", { kind: "compose", text: "a\nb[31mc" }],
])("[5.1-18] %s is understood", (link, wish) => {
  expect(parseDeepLink(link)).toEqual(wish);
});

test.each([
  "pipit://send?text=hi",
  "pipit://new?text=hi&send=1",
  "pipit://new?text=a&text=b",
  "pipit://new/../../x?text=a",
  "pipit://new/send?text=a",
  "pipit://new:80?text=a",
  "pipit://me@new?text=a",
  "pipit://new?text=a#send",
  "pipit://show?x=1",
  "pipit:show",
  "pipit://",
  "https://new?text=a",
  "javascript:alert(1)",
  "",
  `pipit://new?text=${"x".repeat(5_000)}`,
  `pipit://new?text=${"%20".repeat(4_000)}`,
])("[5.1-18] %.60s is ignored", (link) => {
  expect(parseDeepLink(link)).toBeUndefined();
});

test("the link of a start is found among its arguments", () => {
  expect(deepLinkOf(["electron", "main.js", "--flag", "pipit://show"])).toBe("pipit://show");
  expect(deepLinkOf(["electron", "main.js", "https://pipit.example"])).toBeUndefined();
});
