import { describe, expect, test } from "vitest";
import { addressOf, placeAfterSignIn, placeAt } from "./address.ts";

describe("addresses of the page", () => {
  test.each([
    { view: "chat" },
    { view: "chat", chatId: "01a22000-0000-7000-8000-000000000004" },
    { view: "room", room: "everyone" },
    { view: "settings" },
    { view: "profile" },
    { view: "sign-in" },
    { view: "register" },
  ] as const)("%j is found again", (place) => {
    expect(placeAt(addressOf(place))).toEqual(place);
  });

  test("a slash at the end makes no other address, and an unknown one is a new chat", () => {
    expect(placeAt("/profile/")).toEqual({ view: "profile" });
    expect(placeAt("/c/x/")).toEqual({ view: "chat", chatId: "x" });
    for (const path of ["/nothing", "", "/Profile", "/profile/x", "/c", "/c/", "/c/x/y", "/r/", "/r/x/y"])
      expect(placeAt(path), path).toEqual({ view: "chat" });
  });
});

describe("?from=", () => {
  test("leads to an address of the page", () => {
    expect(placeAfterSignIn("?from=/profile")).toEqual({ view: "profile" });
    expect(placeAfterSignIn("?from=%2Fsettings")).toEqual({ view: "settings" });
    expect(placeAfterSignIn("?from=/c/x")).toEqual({ view: "chat", chatId: "x" });
    expect(placeAfterSignIn("?from=/r/x")).toEqual({ view: "room", room: "x" });
    expect(placeAfterSignIn("")).toEqual({ view: "chat" });
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
    "/c/../evil",
    "/r/../evil",
    "//evil.example/c/x",
    "/auth/logout",
    "/oauth/logout",
    // Would ask to sign in who has just done it.
    "/login",
    "/register",
  ])("does not lead to %j", (from) => {
    expect(placeAfterSignIn(`?${new URLSearchParams({ from }).toString()}`)).toEqual({ view: "chat" });
  });
});
