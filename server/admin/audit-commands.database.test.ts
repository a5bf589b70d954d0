import { describe, expect, test } from "vitest";
import { openAudit, origin, type TestAudit } from "#server/store/testing/audit-kit.ts";
import { databases } from "#server/store/testing/databases.ts";
import { auditCommands } from "./audit-commands.ts";

interface Outcome {
  readonly code: number | undefined;
  readonly lines: readonly string[];
}

async function run(audit: TestAudit, name: string, ...args: readonly string[]): Promise<Outcome> {
  const lines: string[] = [];
  const { reader, clock } = audit;
  const code = await auditCommands[name]?.(args, {
    reader,
    clock,
    print: (line) => void lines.push(line),
    note: () => undefined,
  });
  return { code, lines };
}

describe.each(databases)("pipit audit on $name", (database) => {
  async function openSome(): Promise<TestAudit> {
    const audit = await openAudit(database);
    await audit.log.append({ event: "login", outcome: "success", userId: "u1", clientId: "cli" }, origin);
    audit.clock.advance(3_600_000);
    await audit.log.append(
      {
        event: "login",
        outcome: "failure",
        reason: "wrong-password",
        userId: "\u001B[2Ju2",
        data: { via: "web" },
      },
      origin,
    );
    return audit;
  }

  test("list prints a table, newest first, in which nobody can steer the terminal", async () => {
    await using audit = await openSome();
    const { code, lines } = await run(audit, "list");
    expect(code).toBe(0);
    expect(lines).toEqual([
      "time                      event  outcome  reason          user    client  address    facts",
      '2023-11-14T23:13:20.000Z  login  failure  wrong-password  \uFFFD[2Ju2          192.0.2.1  {"via":"web"}',
      "2023-11-14T22:13:20.000Z  login  success                  u1      cli     192.0.2.1",
    ]);
  });

  test("list takes filters, and prints JSON for programs", async () => {
    await using audit = await openSome();
    const { lines } = await run(audit, "list", "--json", "--user", "u1", "--event", "login", "--limit", "1");
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([{ userId: "u1", event: "login" }]);
    expect((await run(audit, "list", "--json", "--since", "30m")).lines).toHaveLength(1);
    expect((await run(audit, "list", "--json", "--until", "2023-11-14T23:00:00Z")).lines).toHaveLength(1);
  });

  test.each([
    ["list", "--limit", "0"],
    ["list", "--limit", "many"],
    ["list", "--since", "yesterday"],
    ["list", "--colour", "red"],
    ["verify", "now"],
    ["prune", "--older-than", "-1"],
    ["restart"],
  ])("says how it is used: %s %s %s", async (name, ...args) => {
    await using audit = await openAudit(database);
    await expect(run(audit, name, ...args)).rejects.toMatchObject({ code: "USAGE" });
  });

  test("verify ends with 0, or with 1 and what is wrong; restart mends it when told to", async () => {
    await using audit = await openSome();
    expect(await run(audit, "verify")).toEqual({
      code: 0,
      lines: ["All 2 events are as they were written."],
    });
    await audit.temporary.query("update audit_events set ip = 'x' where user_id = 'u1'");
    const { code, lines } = await run(audit, "verify");
    expect(code).toBe(1);
    expect(lines).toEqual([
      expect.stringMatching(/^Chain \d+: event 1 of chain \d+ \([\da-f-]{36}\) was changed or moved\.$/),
    ]);
    expect(await run(audit, "restart", "--yes")).toMatchObject({
      code: 0,
      lines: [expect.stringMatching(/begin anew; [12] events were removed/)],
    });
    expect(await run(audit, "verify")).toMatchObject({ code: 0 });
    expect((await run(audit, "restart", "--yes")).lines).toEqual([
      "Nothing is damaged; nothing was changed.",
    ]);
  });

  test("export prints every event; prune removes old ones and says how many", async () => {
    await using audit = await openSome();
    expect((await run(audit, "export")).lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { user_id: "u1" },
      { outcome: "failure" },
    ]);
    expect((await run(audit, "export", "--since", "1m")).lines).toHaveLength(1);
    audit.clock.advance(2 * 24 * 3_600_000);
    expect(await run(audit, "prune")).toEqual({ code: 0, lines: ["0 events removed."] });
    expect(await run(audit, "prune", "--older-than", "1")).toEqual({ code: 0, lines: ["2 events removed."] });
  });
});
