import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { openAuthStage } from "#tests/testing/auth/auth-stage.ts";
import { authorizationRequest } from "#tests/testing/auth/oidc-stage.ts";
import { send } from "../web-stage.ts";

const MODELS = "select model from oidc_payloads";

test("S7: sign-ins that strangers of many networks begin leave no row", async () => {
  await using stage = await openAuthStage("SQLite");
  // The guard of the device page's form is kept for it; the cookie of one that has ended gets no new row at each use.
  const device = await send(stage.url, { path: "/oauth/device" });
  const ended = (device.headers["set-cookie"] ?? []).map((cookie) => cookie.split(";", 1)[0]).join("; ");
  expect(ended).toContain("pipit_sso");
  const [kept, ...others] = await stage.query("select model, id_hash from oidc_payloads");
  expect([kept?.["model"], others]).toEqual(["Session", []]);
  await stage.store.oidcPayloads.destroy("Session", String(kept?.["id_hash"]));

  const { url: path } = authorizationRequest({ state: "x".repeat(512) });
  for (let network = 0; network < 200; network += 1) {
    const headers = { "x-forwarded-for": `10.0.${network}.1` };
    const { status, headers: answered } = await send(stage.url, {
      path,
      headers: network < 150 ? headers : { ...headers, cookie: ended },
    });
    expect({ status, location: answered.location }).toEqual({
      status: 303,
      location: expect.stringMatching(/^\/oauth\/interaction\//),
    });
  }
  expect(await stage.query(MODELS)).toEqual([]);
});

test("S7: what does not fit into a cookie is refused, and the application is told", async () => {
  await using stage = await openAuthStage("SQLite");
  const { url: path } = authorizationRequest({ nonce: randomBytes(3000).toString("base64url") });
  const { headers } = await send(stage.url, { path });
  expect(headers.location).toMatch(/^http:\/\/127\.0\.0\.1:54321\/callback\?error=invalid_request&/);
  expect(await stage.query(MODELS)).toEqual([]);
});
