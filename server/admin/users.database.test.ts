import { describe, expect, test } from "vitest";
import { sessionsOf } from "#server/testing/sessions-of.ts";
import { systemClock } from "#server/domain/clock.ts";
import { sqlite } from "#server/testing/databases.ts";
import { audit } from "./audit.ts";
import { openAdmin, type TestAdmin } from "../testing/admin-kit.ts";
import { users } from "./users.ts";

const password = "Correct-Horse-7-battery";

describe("pipit admin users", () => {
  async function openWithAnn(): Promise<TestAdmin> {
    const admin = await openAdmin(sqlite);
    const args = ["add", "ann", "--email", "ann@example.com", "--admin", "--password-stdin"];
    expect(await admin.run(users, args, `${password}\n`)).toMatchObject({ code: 0, stderr: "" });
    return admin;
  }
  const eventsOf = async (admin: TestAdmin): Promise<readonly object[]> =>
    (await admin.run(audit, ["list", "--json"])).stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as object);

  test("an account is added with a password from stdin, and the audit says who did it", async () => {
    await using admin = await openWithAnn();
    const { stdout } = await admin.run(users, ["show", "ANN", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      login: "ann",
      role: "admin",
      active: "yes",
      secondFactor: "no",
    });
    expect(await eventsOf(admin)).toMatchObject([
      {
        event: "account.registered",
        outcome: "success",
        data: { by: "admin-cli" },
        userAgent: "pipit admin",
      },
    ]);
    expect(JSON.stringify(await admin.query("select * from accounts"))).not.toContain(password);
  });

  test("a password is never taken from a command line, and none is asked for without a terminal", async () => {
    await using admin = await openAdmin(sqlite);
    await expect(admin.run(users, ["add", "ann"])).rejects.toMatchObject({ code: "USAGE" });
    expect(await admin.run(users, ["add", "ann", "--password", password])).toMatchObject({ code: 2 });
    await expect(admin.run(users, ["add", "ann", "--password-stdin"], "short")).rejects.toMatchObject({
      field: "password",
    });
    await expect(
      admin.run(users, ["add", "ann", "--password-stdin"], "x".repeat(5000)),
    ).rejects.toMatchObject({ field: "password" });
    expect((await admin.run(users, ["list", "--json"])).stdout).toBe("");
  });

  test("list goes through all accounts, however many, or those with a prefix", async () => {
    await using admin = await openAdmin(sqlite);
    await admin.with(({ auth, clock }) =>
      auth.transaction(async (tx) => {
        for (let n = 0; n < 501; n++) {
          await tx.accounts.create({
            id: `u${n}`,
            login: `user-${String(n).padStart(4, "0")}`,
            displayName: "User",
            about: undefined,
            email: undefined,
            role: "user",
            local: false,
            active: true,
            createdAtMs: clock.nowMs(),
            updatedAtMs: clock.nowMs(),
            lastLoginAtMs: undefined,
            passwordHash: undefined,
          });
        }
      }),
    );
    const { stdout } = await admin.run(users, ["list"]);
    const lines = stdout.trim().split("\n");
    expect(lines).toHaveLength(502);
    expect(lines.filter((line) => line.startsWith("LOGIN"))).toHaveLength(1);
    expect(lines.at(-1)).toMatch(/^user-0500 /);
    const some = await admin.run(users, ["list", "--json", "--prefix", "User-049"]);
    expect(some.stdout.trim().split("\n")).toHaveLength(10);
  });

  test("deactivate, activate, role and set-password do what they say, and end sessions", async () => {
    await using admin = await openWithAnn();
    const state = async (): Promise<unknown> =>
      JSON.parse((await admin.run(users, ["show", "ann", "--json"])).stdout);
    expect((await admin.run(users, ["deactivate", "ann"])).stdout).toBe("ann: switched off\n");
    expect(await state()).toMatchObject({ active: "no" });
    await admin.run(users, ["activate", "ann"]);
    await admin.run(users, ["role", "ann", "user"]);
    expect(await state()).toMatchObject({ active: "yes", role: "user" });
    expect(await admin.run(users, ["role", "ann", "king"])).toMatchObject({ code: 2 });
    admin.clock.advance(1000);
    await admin.run(users, ["set-password", "ann", "--password-stdin"], "Another-Horse-8-battery");
    expect(await state()).toMatchObject({ passwordChanged: "2023-11-14T22:13:21Z" });
    expect((await eventsOf(admin)).map((event) => "event" in event && event.event)).toEqual([
      "account.password_changed",
      "account.role_changed",
      "account.activated",
      "account.deactivated",
      "account.registered",
    ]);
  });

  test("sessions are listed, and ended all at once", async () => {
    await using admin = await openWithAnn();
    await admin.with(async ({ auth, clients, masterKey, clock, origin }) => {
      const { client } = await clients.register(
        {
          clientId: "app-1",
          name: "App",
          confidential: false,
          applicationType: "native",
          grantTypes: ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
          scope: "api:read",
        },
        origin,
      );
      const account = await auth.accounts.findByLogin("ann");
      await sessionsOf(auth, { masterKey, clock }).start(
        {
          userId: account?.id ?? "",
          client,
          scope: "api:read",
          amr: ["pwd", "otp"],
          authTimeMs: 1,
          grant: "device_code",
          withRefreshToken: true,
        },
        { ip: "192.0.2.7", userAgent: "Browser\u001B]0;owned\u0007", correlationId: undefined },
      );
    });
    const { stdout } = await admin.run(users, ["sessions", "ann"]);
    expect(stdout).toMatch(/ app-1 .* pwd\+otp  192\.0\.2\.7  Browser\\u\{1b\}\]0;owned\\u\{7\}\n$/);
    expect((await admin.run(users, ["sessions", "ann", "--revoke-all"])).stdout).toBe(
      "ann: ended 1 sessions and 0 of browsers\n",
    );
    expect((await admin.run(users, ["sessions", "ann"])).stdout.trim().split("\n")).toHaveLength(1);
    expect((await eventsOf(admin))[0]).toMatchObject({ event: "session.revoked", reason: "admin" });
  });

  test("a lockout that a server counted is forgotten", async () => {
    await using admin = await openWithAnn();
    await admin.query(
      "insert into attempt_counters (key_hash, charged, pending, level, resets_at_ms) values ('other', 5, 0, 1, $1)",
      systemClock.nowMs() + 60_000,
    );
    expect((await admin.run(users, ["unlock", "ann"])).stdout).toBe("ann: unlocked\n");
    expect((await eventsOf(admin))[0]).toMatchObject({ event: "account.unlocked" });
    expect(await admin.query("select key_hash from attempt_counters")).toEqual([{ key_hash: "other" }]);
  });

  test("an account has token limits of its own until it is given the server's again", async () => {
    await using admin = await openWithAnn();
    const limits = async (...flags: readonly string[]) =>
      (await admin.run(users, ["limits", "ann", ...flags])).stdout;
    expect(await limits("--tokens-per-day", "500", "--tokens-per-month", "0")).toBe(
      "ann: tokens per day 500, per month any number\n",
    );
    expect((await eventsOf(admin))[0]).toMatchObject({
      event: "account.limits_changed",
      data: { tokensPerDay: 500, tokensPerMonth: 0, by: "admin-cli" },
    });
    expect(await limits("--tokens-per-month", "default")).toBe(
      "ann: tokens per day 500, per month any number (the server's)\n",
    );
    const events = await eventsOf(admin);
    expect(await limits()).toContain("tokens per day 500,");
    expect(await eventsOf(admin)).toEqual(events);
    expect(await admin.run(users, ["limits", "ann", "--tokens-per-day", "-1"])).toMatchObject({ code: 2 });
  });

  test("a second factor is taken away only where there is one", async () => {
    await using admin = await openWithAnn();
    expect((await admin.run(users, ["reset-otp", "ann"])).stdout).toBe(
      "ann has no second factor; nothing was changed\n",
    );
    await admin.query("update accounts set totp_sealed = 'sealed' where login = 'ann'");
    expect((await admin.run(users, ["reset-otp", "ann"])).stdout).toMatch(/any more/);
    expect(await admin.query("select totp_sealed from accounts")).toEqual([{ totp_sealed: null }]);
    expect((await eventsOf(admin))[0]).toMatchObject({ event: "otp.disabled" });
  });

  test("an account that is not there is named, with where to look", async () => {
    await using admin = await openAdmin(sqlite);
    await expect(admin.run(users, ["show", "no\u001Bbody"])).rejects.toThrow(
      'There is no account "no\\u{1b}body". See: pipit admin users list',
    );
  });
});
