import { describe, expect, test } from "vitest";
import { addressOf, viewAfterSignIn, viewAt } from "./address.ts";

describe("addresses of the page", () => {
  test.each(["chat", "settings", "profile", "sign-in", "register"] as const)("%s is found again", (view) => {
    expect(viewAt(addressOf(view))).toBe(view);
  });

  test("a slash at the end makes no other address, and an unknown one is the chat", () => {
    expect(["/profile/", "/nothing", "", "/Profile", "/profile/x"].map(viewAt)).toEqual([
      "profile",
      "chat",
      "chat",
      "chat",
      "chat",
    ]);
  });
});

describe("?from=", () => {
  test("leads to an address of the page", () => {
    expect(viewAfterSignIn("?from=/profile")).toBe("profile");
    expect(viewAfterSignIn("?from=%2Fsettings")).toBe("settings");
    expect(viewAfterSignIn("")).toBe("chat");
  });

  test.each([
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example/profile",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\t/evil.example",
    "//evil.example/profile",
    "/profile@evil.example",
    "/%2F/evil.example",
    "/profile/../../evil",
    "/auth/logout",
    "/oauth/logout",
    // Would ask to sign in who has just done it.
    "/login",
    "/register",
  ])("does not lead to %j", (from) => {
    expect(viewAfterSignIn(`?${new URLSearchParams({ from }).toString()}`)).toBe("chat");
  });
});
