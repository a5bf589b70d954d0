import { expect, test } from "vitest";
import { connectionOf } from "./connection-of.ts";

const ready = { kind: "ready", httpUrl: "http://127.0.0.1:8787", own: true } as const;

test.each([
  [{ kind: "starting" }, "unknown", "starting"],
  [{ kind: "starting" }, "online", "starting"],
  [{ kind: "unreachable", code: "SERVER_UNREACHABLE", message: "m" }, "online", "unreachable"],
  [ready, "unknown", "idle"],
  [ready, "online", "online"],
  [ready, "offline", "offline"],
] as const)("a server that is %o with the last exchange %s shows as %s", (server, last, kind) => {
  expect(connectionOf(server, last).kind).toBe(kind);
});

test("[D3] a keychain that is waited for is what the window says", () => {
  const starting = { kind: "starting" } as const;
  expect(connectionOf(starting, "unknown", { kind: "keychain", waiting: true }).kind).toBe("keychain");
  expect(connectionOf(starting, "unknown", { kind: "keychain", waiting: false }).kind).toBe("starting");
});

test("an unreachable server keeps its reason", () => {
  const server = { kind: "unreachable", code: "PORT_IN_USE", message: "Port 8787 is taken." } as const;
  expect(connectionOf(server, "unknown")).toEqual({
    kind: "unreachable",
    code: "PORT_IN_USE",
    message: "Port 8787 is taken.",
  });
});
