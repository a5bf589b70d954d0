import { describe, expect, test } from "vitest";
import { sqlite } from "#server/testing/databases.ts";
import { clients } from "./clients.ts";
import { openAdmin } from "../testing/admin-kit.ts";

describe("pipit admin clients", () => {
  test("the secret of a confidential client is printed once, alone on stdout, and is right", async () => {
    await using admin = await openAdmin(sqlite);
    const args = ["add", "svc-1", "--name", "Service", "--confidential", "--algorithm", "ES256"];
    const { code, stdout, stderr } = await admin.run(clients, args);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: "Made svc-1. Its secret, which is not shown again:\n",
    });
    expect(stdout).toMatch(/^[\w-]{43}\n$/);
    const verify = (secret: string): Promise<boolean> =>
      admin.with(async (context) => {
        const client = await context.clients.find("svc-1");
        return client !== undefined && context.clients.verifySecret(client, secret);
      });
    expect(await verify(stdout.trim())).toBe(true);
    const replaced = await admin.run(clients, ["rotate-secret", "svc-1"]);
    expect(await verify(stdout.trim())).toBe(false);
    expect(await verify(replaced.stdout.trim())).toBe(true);
    const shown = await admin.run(clients, ["show", "svc-1", "--json"]);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      tokenAlgorithm: "ES256",
      grantTypes: ["client_credentials"],
    });
    expect(shown.stdout).not.toContain("secretHash");
    expect((await admin.run(clients, ["list"])).stdout).toMatch(
      /^svc-1 +Service +web confidential +yes +ES256 +client_credentials$/m,
    );
  });

  test("a public client gets the grants that fit, and every lifetime it is given", async () => {
    await using admin = await openAdmin(sqlite);
    const uri = "http://127.0.0.1/callback";
    const args = ["add", "app-1", "--name", "App", "--redirect-uri", uri, "--scope", "openid api:read"];
    const times = ["--access-ttl", "600", "--refresh-ttl", "3600", "--grace", "900"];
    expect((await admin.run(clients, [...args, ...times])).stdout).toBe("Made app-1, a public client\n");
    const { stdout } = await admin.run(clients, ["show", "app-1", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      applicationType: "native",
      redirectUris: [uri],
      grantTypes: ["authorization_code", "refresh_token"],
      accessTtlSeconds: 600,
      refreshTtlSeconds: 3600,
      refreshGraceMs: 900_000,
      firstParty: false,
      allowPasswordGrant: false,
    });
  });

  test("passwords are for a client of ours that is allowed them, by a flag of its own", async () => {
    await using admin = await openAdmin(sqlite);
    const args = ["add", "app-1", "--name", "App", "--grant", "refresh_token", "--allow-password-grant"];
    expect(await admin.run(clients, args)).toMatchObject({ code: 0 });
    const { stdout } = await admin.run(clients, ["show", "app-1", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      firstParty: true,
      grantTypes: ["refresh_token", "password"],
    });
    const { code, stderr } = await admin.run(clients, ["add", "app-2", "--name", "A", "--grant", "password"]);
    expect(code).toBe(2);
    expect(stderr).toContain("--allow-password-grant");
  });

  test("disable, enable and remove do what they say; a client that is not there is named", async () => {
    await using admin = await openAdmin(sqlite);
    await admin.run(clients, ["add", "svc-1", "--name", "Service", "--confidential"]);
    expect((await admin.run(clients, ["disable", "svc-1"])).stdout).toBe(
      "svc-1: switched off; 0 sessions ended\n",
    );
    expect(await admin.with(async ({ clients: all }) => (await all.find("svc-1"))?.active)).toBe(false);
    await admin.run(clients, ["enable", "svc-1"]);
    expect(await admin.with(async ({ clients: all }) => (await all.find("svc-1"))?.active)).toBe(true);
    await admin.run(clients, ["remove", "svc-1"]);
    await expect(admin.run(clients, ["show", "svc-1"])).rejects.toThrow('There is no client "svc-1"');
  });
});
