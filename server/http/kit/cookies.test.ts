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
  expect(readSessionCookie({ cookie: header })).toBe(token);
});

test("of two, neither counts: one was planted", () => {
  expect(readSessionCookie({ cookie: "session_token=planted; session_token=ours" })).toBeUndefined();
});

test.each([
  ["127.0.0.1:8787", "plain"],
  ["pipit.example", "plain"],
  ["pipit.example:443", "plain"],
  ["pipit.example:80", "plain"],
  [undefined, "plain"],
  ["127.0.0.1:9887", "of 9887"],
  ["[::1]:9889", "of 9889"],
  ["127.0.0.1:98", undefined],
])("F24: of the cookies of servers side by side, the one at %s reads its own: %s", (host, token) => {
  const cookie = "session_token=plain; session_token_9887=of 9887; session_token_9889=of 9889";
  expect(readSessionCookie({ host, cookie })).toBe(token);
});
