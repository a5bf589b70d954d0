import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sqlite } from "#server/testing/databases.ts";
import { audit } from "./audit.ts";
import { openAdmin, type TestAdmin } from "../testing/admin-kit.ts";

const origin = { ip: "192.0.2.1", userAgent: "test", correlationId: "c-1" };
const HOUR_MS = 3_600_000;

describe("pipit audit", () => {
  async function openSome(): Promise<TestAdmin> {
    const admin = await openAdmin(sqlite);
    await admin.with(async ({ auth, clock }) => {
      await auth.accounts.create({
        id: "u1",
        login: "ann",
        displayName: "Ann",
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
      await auth.audit.append({ event: "login", outcome: "success", userId: "u1", clientId: "cli" }, origin);
    });
    admin.clock.advance(HOUR_MS);
    await admin.with(({ auth }) =>
      auth.audit.append(
        { event: "login", outcome: "failure", reason: "wrong-password", userId: "\u001B[2Ju2" },
        origin,
      ),
    );
    return admin;
  }

  test("list prints a table, newest first, in which nobody can steer the terminal", async () => {
    await using admin = await openSome();
    const { code, stdout } = await admin.run(audit, ["list"]);
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual([
      "TIME                  EVENT  OUTCOME  REASON          USER         CLIENT  ADDRESS    DATA",
      '2023-11-14T23:13:20Z  login  failure  wrong-password  \\u{1b}[2Ju2  -       192.0.2.1  {"by":"admin-cli"}',
      '2023-11-14T22:13:20Z  login  success  -               ann          cli     192.0.2.1  {"by":"admin-cli"}',
      "",
    ]);
  });

  test("list finds by login, event, client and time, and prints JSON for programs", async () => {
    await using admin = await openSome();
    const found = async (...flags: readonly string[]): Promise<number> =>
      (await admin.run(audit, ["list", "--json", ...flags])).stdout.split("\n").length - 1;
    const { stdout } = await admin.run(audit, ["list", "--json", "--user", "Ann"]);
    expect(JSON.parse(stdout)).toMatchObject({ userId: "u1", event: "login" });
    expect(await found("--client", "cli")).toBe(1);
    expect(await found("--event", "logout")).toBe(0);
    expect(await found("--since", "30m")).toBe(1);
    expect(await found("--until", "2023-11-14T23:00:00Z")).toBe(1);
    expect(await found("--limit", "1")).toBe(1);
  });

  test.each([
    ["list", "--limit", "0"],
    ["list", "--limit", "many"],
    ["list", "--since", "yesterday"],
    ["list", "--colour", "red"],
    ["verify", "now"],
    ["prune", "--older-than-days", "-1"],
  ])("says how it is used: %s %s %s", async (...args) => {
    await using admin = await openAdmin(sqlite);
    const { code, stdout, stderr } = await admin.run(audit, args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^error: /);
  });

  test("restart asks to be told that events will be lost", async () => {
    await using admin = await openAdmin(sqlite);
    await expect(admin.run(audit, ["restart"])).rejects.toMatchObject({ code: "USAGE" });
  });

  test("verify ends with 0, or with 1 and what is wrong; restart mends it when told to", async () => {
    await using admin = await openSome();
    expect(await admin.run(audit, ["verify"])).toMatchObject({
      code: 0,
      stdout: "The audit log is whole: 2 events\n",
    });
    await admin.query("update audit_events set ip = 'x' where user_id = 'u1'");
    const { code, stdout } = await admin.run(audit, ["verify"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Changed: event [\da-f-]{36} \(number 1 of chain \d+\)\n$/);
    // F4: whoever damaged it does not control the operator's terminal.
    await admin.query("update audit_events set id = '\u001B[2J' where user_id = 'u1'");
    expect((await admin.run(audit, ["verify"])).stdout).toContain("event \\u{1b}[2J (number 1");
    expect(await admin.run(audit, ["restart", "--yes"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Began chains \d+ anew; removed [12] events\n$/),
    });
    expect(await admin.run(audit, ["verify"])).toMatchObject({ code: 0 });
    expect((await admin.run(audit, ["restart", "--yes"])).stdout).toBe(
      "Nothing is damaged; nothing was changed\n",
    );
  });

  test("export prints every event, or writes a new file that nobody else can read", async () => {
    await using admin = await openSome();
    await using owned = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), "pipit-audit-"));
    owned.defer(() => rm(folder, { recursive: true }));
    const { stdout } = await admin.run(audit, ["export"]);
    expect(stdout.trim().split("\n").map(toObject)).toMatchObject([
      { user_id: "u1" },
      { outcome: "failure" },
    ]);
    const out = join(folder, "audit.jsonl");
    expect((await admin.run(audit, ["export", "--out", out])).stderr).toBe(`Wrote 2 events to ${out}\n`);
    expect(await readFile(out, "utf8")).toBe(stdout);
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    await expect(admin.run(audit, ["export", "--out", out])).rejects.toMatchObject({
      code: "INVALID_REQUEST",
    });
    expect(await readFile(out, "utf8")).toBe(stdout);
    await expect(
      admin.run(audit, ["export", "--out", join(folder, "no", "such.jsonl")]),
    ).rejects.toMatchObject({ code: "STORAGE_UNREADABLE" });
  });

  test("prune removes what is older than it is told, or than the configured retention", async () => {
    await using admin = await openSome();
    admin.clock.advance(48 * HOUR_MS);
    expect((await admin.run(audit, ["prune"])).stdout).toBe("Removed 0 events older than 400 days\n");
    expect((await admin.run(audit, ["prune", "--older-than-days", "1"])).stdout).toBe(
      "Removed 2 events older than 1 days\n",
    );
    expect(await admin.run(audit, ["verify"])).toMatchObject({ code: 0 });
  });
});

function toObject(line: string): object {
  return JSON.parse(line) as object;
}
