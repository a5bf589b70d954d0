import { expect, test } from "vitest";
import { startTestServer } from "../start-test-server.ts";

test("what the server says of itself is where it says, and its issuer is that of its tokens", async () => {
  await using server = await startTestServer({ ownIssuer: true });
  const [one, two] = await Promise.all(
    ["openid-configuration", "oauth-authorization-server"].map(async (name) => {
      const answer = await fetch(`${server.httpUrl}/.well-known/${name}`);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-type")).toContain("application/json");
      return (await answer.json()) as Readonly<Record<string, unknown>>;
    }),
  );
  expect(one).toEqual(two);
  const payload = JSON.parse(
    Buffer.from(server.accessToken.split(".")[1] ?? "", "base64url").toString(),
  ) as Readonly<Record<string, unknown>>;
  expect(one?.["issuer"]).toBe(payload["iss"]);
  expect(one?.["grant_types_supported"]).not.toContain("implicit");
  expect(one?.["grant_types_supported"]).toContain("urn:ietf:params:oauth:grant-type:device_code");
  const endpoints = Object.entries(one ?? {}).filter(([name]) => /_endpoint$|^jwks_uri$/.test(name));
  expect(endpoints.length).toBeGreaterThan(7);
  for (const [name, address] of endpoints) {
    const answer = await fetch(String(address), { redirect: "manual" });
    // Some want POST, others parameters or a token; but a route is there.
    expect([200, 400, 401, 405], name).toContain(answer.status);
  }
});
