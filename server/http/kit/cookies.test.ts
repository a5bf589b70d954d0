import { expect, test } from "vitest";
import { readSessionCookie } from "./cookies.ts";

test.each([
  ["session_token=abc", "abc"],
  ["a=b; session_token=abc; c=d", "abc"],
  ["a=b;session_token=abc", "abc"],
  ["session_token=", undefined],
  ["session_token", undefined],
  ["xsession_token=abc", undefined],
  ["session_token_x=abc", undefined],
  ["a=session_token=abc", undefined],
  ["", undefined],
  [undefined, undefined],
])("%j holds %j", (header, token) => {
  expect(readSessionCookie(header)).toBe(token);
});

test("of two, neither counts: one was planted", () => {
  expect(readSessionCookie("session_token=planted; session_token=ours")).toBeUndefined();
});
