import { expect, test } from "vitest";
import { takeSignInCode } from "./web-sign-in-code.ts";

function open(address: string) {
  const replaced: string[] = [];
  const history = {
    state: null,
    replaceState: (_state: unknown, _title: string, url: string) => replaced.push(url),
  };
  return {
    code: takeSignInCode(new URL(address) as unknown as Location, history as unknown as History),
    replaced,
  };
}

test.each([
  ["http://127.0.0.1:8787/#sign-in=AbC-123", "AbC-123", ["/"]],
  ["http://127.0.0.1:8787/?a=1#sign-in=a%2Bb", "a+b", ["/?a=1"]],
  ["http://127.0.0.1:8787/#sign-in=", undefined, ["/"]],
  ["http://127.0.0.1:8787/#elsewhere", undefined, []],
  ["http://127.0.0.1:8787/", undefined, []],
])("%s holds the code %s, which leaves the address bar at once", (address, code, replaced) => {
  expect(open(address)).toEqual({ code, replaced });
});
