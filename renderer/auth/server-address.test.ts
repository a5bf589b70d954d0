import { expect, test } from "vitest";
import { readServerAddress } from "./server-address.ts";

test.each([
  ["https://pipit.example.org", "https://pipit.example.org"],
  ["https://pipit.example.org/team/", "https://pipit.example.org/team"],
  ["  pipit.example.org:8443 ", "https://pipit.example.org:8443"],
  ["HTTPS://Pipit.Example.ORG/?a=1#b", "https://pipit.example.org"],
  ["http://127.0.0.1:8787", "http://127.0.0.1:8787"],
  ["localhost:8787", "http://localhost:8787"],
  ["[::1]:8787", "http://[::1]:8787"],
])("takes %j", (typed, url) => {
  expect(readServerAddress(typed)).toEqual({ kind: "address", url });
});

test.each([[""], ["   "]])("takes %j as this machine's server", (typed) => {
  expect(readServerAddress(typed)).toEqual({ kind: "own" });
});

test.each([["ftp://pipit.example.org"], ["my server"], ["https://"], ["javascript://x"], [":::"]])(
  "refuses %j",
  (typed) => {
    expect(readServerAddress(typed)).toEqual({ kind: "invalid" });
  },
);

test.each([["http://pipit.example.org"], ["http://127.0.0.1.example.org"], ["http://192.168.1.7"]])(
  "refuses %j, where everyone on the way could read the token",
  (typed) => {
    expect(readServerAddress(typed)).toEqual({ kind: "insecure", host: typed.slice("http://".length) });
  },
);

test("refuses a name and password in the address", () => {
  expect(readServerAddress("https://ada:secret@pipit.example.org")).toEqual({ kind: "credentials" });
});
