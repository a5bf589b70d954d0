import { expect, test } from "vitest";
import type { HttpResponse } from "#engine/ports.ts";
import { createFakeHttp, json } from "#engine/testing/fake-http.ts";
import { lookAtServer } from "./look-at-server.ts";

const clock = {
  nowMs: () => Date.parse("2026-01-01T00:00:00Z"),
  sleep: () => Promise.reject(new Error("no")),
};
const health = json(200, { status: "healthy", version: "0.1.0" });
const metadata = json(200, {
  issuer: "https://id.example",
  authorization_endpoint: "https://id.example/oauth/authorize",
  grant_types_supported: ["password", "authorization_code"],
  pipit_registration_supported: true,
});

function look(answers: Readonly<Record<string, HttpResponse>>) {
  const http = createFakeHttp();
  http.answer(({ path }) => answers[path] ?? json(404, {}));
  return lookAtServer(http, clock, new AbortController().signal);
}

test("a server is named with its ways to sign in and its clock", async () => {
  const late = { ...health, headers: { date: "Thu, 01 Jan 2026 00:05:00 GMT" } };
  const discovery = "/.well-known/oauth-authorization-server";
  expect(await look({ "/health": late, [discovery]: metadata })).toEqual({
    version: "0.1.0",
    ways: { password: true, registration: true, browser: true, device: false },
    clockAheadMs: 300_000,
  });
});

test("something else, and a Pipit without discovery, are told apart", async () => {
  const page = { status: 200, headers: {}, body: "<!doctype html>" };
  await expect(look({ "/health": page })).rejects.toMatchObject({ code: "SERVER_NOT_PIPIT" });
  await expect(look({ "/health": health })).rejects.toMatchObject({ code: "SERVER_TOO_OLD" });
});
