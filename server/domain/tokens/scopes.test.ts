import { describe, expect, test } from "vitest";
import { narrowScope, scopesOf } from "./scopes.ts";

describe("narrowScope", () => {
  test.each([
    ["api:read", "api:read api:write", "api:read"],
    ["api:write api:read api:write", "api:read api:write", "api:write api:read"],
    [" api:read  ", "api:read", "api:read"],
    [undefined, "api:admin api:read api:write", "api:read api:write"],
    [undefined, "api:read openid", "api:read"],
    [undefined, "openid profile", "openid profile"],
    ["openid offline_access", "openid offline_access api:read", "openid offline_access"],
  ])("of %j with %j grants %j", (asked, allowed, granted) => {
    expect(narrowScope(asked, allowed)).toBe(granted);
  });

  test.each([
    ["", "api:read"],
    ["api:admin", "api:read api:write"],
    ["api:read api:admin", "api:read api:write"],
    ["everything", "everything"],
    ["api:read\tapi:write", "api:read api:write"],
    ["API:READ", "api:read"],
    [undefined, ""],
  ])("of %j with %j grants nothing", (asked, allowed) => {
    expect(narrowScope(asked, allowed)).toBeUndefined();
  });
});

test("scopes are read from a text, each once", () => {
  expect(scopesOf(" a  b a ")).toEqual(["a", "b"]);
});
