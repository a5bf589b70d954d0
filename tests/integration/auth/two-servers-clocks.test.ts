import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedDatabases } from "#server/testing/databases.ts";
import { bearer, openAuthStage, PASSWORD, type AuthStage } from "#tests/testing/auth/auth-stage.ts";
import { approve, doors, redeem } from "#tests/testing/auth/doors.ts";
import type { TestServer } from "../start-test-server.ts";

const APART_MS = 60_000;
const NEW_PASSWORD = "Battery-staple-2";

describe.each(sharedDatabases)("two servers on $name whose clocks are 60 s apart", ({ name }) => {
  let stage: AuthStage;
  let servers: Readonly<Record<"behind" | "ahead", TestServer>>;
  beforeAll(async () => {
    stage = await openAuthStage(name);
    servers = { behind: stage.server, ahead: await stage.openSecond(APART_MS) };
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const statusOf = async ({ httpUrl }: TestServer, token: string): Promise<number> =>
    (await fetch(`${httpUrl}/auth/me`, { headers: bearer(token) })).status;
  const changePassword = async ({ httpUrl }: TestServer, token: string): Promise<number> => {
    const body = JSON.stringify({ old_password: PASSWORD, new_password: NEW_PASSWORD });
    const headers = { ...bearer(token), "content-type": "application/json" };
    return (await fetch(`${httpUrl}/auth/password`, { method: "PUT", headers, body })).status;
  };

  test.each([
    ["ahead", "behind"],
    ["behind", "ahead"],
  ] as const)(
    "after a change of password at the one %s, passwords and codes sign in at every door of the one %s",
    async (changer, other) => {
      const login = `ann-${changer}`;
      await stage.addAccount({ id: login });
      const given = { login, password: PASSWORD, otp: "" };
      const token = (await doors["/oauth/token"]?.(servers[changer], given)) ?? "";
      expect(await statusOf(servers[other], token)).toBe(200);
      expect(await changePassword(servers[changer], token)).toBe(200);
      for (const [path, enter] of Object.entries(doors)) {
        const otp = await stage.addSecondFactor(login);
        const entered = await enter(servers[other], { login, password: NEW_PASSWORD, otp });
        expect([path, entered]).toEqual([path, expect.any(String)]);
        if (entered !== "")
          expect([path, await statusOf(servers[changer], entered ?? "")]).toEqual([path, 200]);
      }
      expect(await doors["/oauth/token"]?.(servers[other], given)).toBeUndefined();
    },
    60_000,
  );

  test("what a person approved at one is redeemed at the other, until the password is another one", async () => {
    await stage.addAccount({ id: "bob" });
    const { accounts } = stage.store.auth;
    for (const [approver, redeemer] of [
      ["ahead", "behind"],
      ["behind", "ahead"],
    ] as const) {
      const shown = { login: "bob", password: PASSWORD, otp: "" };
      const token = await redeem(servers[redeemer], await approve(servers[approver], shown));
      expect(await statusOf(servers[approver], token ?? "")).toBe(200);
      const late = await approve(servers[approver], shown);
      const { passwordHash = "" } = (await accounts.credentialsOf("bob")) ?? {};
      await accounts.setPassword("bob", passwordHash, 1);
      expect(late).toContain("code=");
      expect(await redeem(servers[redeemer], late)).toBeUndefined();
    }
  });
});
