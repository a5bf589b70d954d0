import fastify from "fastify";
import { expect, test } from "vitest";
import { discoveryRoutes } from "./discovery.ts";
import { addRoutes } from "../kit/route.ts";
import { openGate } from "#server/testing/open-gate.ts";

const issuer = "https://id.example";

async function read(path: string, grantTypes: Parameters<typeof discoveryRoutes>[1]) {
  const app = fastify();
  const signingKeys = { jwks: async () => ({ keys: [] }) };
  const ctx = { config: { issuer, auth: { registrationOpen: false } }, pageUrl: () => issuer, signingKeys };
  addRoutes(app, discoveryRoutes(ctx, grantTypes), openGate);
  const answer = await app.inject({ url: path });
  await app.close();
  expect(answer.headers["cache-control"]).toMatch(/^public, max-age=\d+$/);
  return answer.json<Record<string, unknown>>();
}

test("both addresses say the same, and only what is switched on", async () => {
  const grants = ["authorization_code", "refresh_token"] as const;
  const metadata = await read("/.well-known/oauth-authorization-server", grants);
  expect(await read("/.well-known/openid-configuration", grants)).toEqual(metadata);
  expect(metadata).toMatchObject({
    issuer,
    grant_types_supported: grants,
    response_types_supported: ["code"],
    code_challenge_methods_supported: ["S256"],
    authorization_response_iss_parameter_supported: true,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    pipit_registration_supported: false,
  });
  expect(metadata).not.toHaveProperty("device_authorization_endpoint");
  expect(JSON.stringify(metadata)).not.toContain("implicit");
});

test("a server without the interactive part names none of it", async () => {
  const metadata = await read("/.well-known/openid-configuration", ["client_credentials"]);
  expect(metadata).not.toHaveProperty("authorization_endpoint");
  expect(metadata).not.toHaveProperty("end_session_endpoint");
  expect(metadata["response_types_supported"]).toEqual([]);
});
