import { describe, expect, test } from "vitest";
import { sized } from "#tests/testing/test-size.ts";
import type { AuditEvent } from "#server/domain/audit/ports.ts";
import { AUDIT_MAX_CHARS, AUDIT_MAX_FACTS } from "./audit-store.ts";
import { openAudit, origin } from "#server/testing/audit-kit.ts";
import { databases, sharedDatabases } from "#server/testing/databases.ts";
import { inTransaction } from "../sql/transaction.ts";

const login: AuditEvent = { event: "login", outcome: "success", userId: "u1", clientId: "pipit-cli" };

describe.each(databases)("the audit log on $name", (database) => {
  test("keeps every fact of an event", async () => {
    await using audit = await openAudit(database);
    await audit.log.append(
      {
        event: "token.refused",
        outcome: "failure",
        reason: "reused",
        userId: "u1",
        clientId: "pipit-cli",
        familyId: "f1",
        data: { grant: "refresh_token", generation: 3, strict: false },
      },
      { ip: "192.0.2.7", userAgent: "curl/8", correlationId: "c1" },
    );
    const { hash, id, chain, ...rest } = (await audit.rows())[0] ?? {};
    expect(rest).toEqual({
      seq: 1,
      at_ms: audit.clock.nowMs(),
      event: "token.refused",
      outcome: "failure",
      reason: "reused",
      user_id: "u1",
      client_id: "pipit-cli",
      family_id: "f1",
      ip: "192.0.2.7",
      user_agent: "curl/8",
      correlation_id: "c1",
      data: '{"grant":"refresh_token","generation":3,"strict":false}',
    });
    expect(String(hash)).toMatch(/^[\w-]{43}$/);
    expect(String(id)).toMatch(/^[\da-f]{8}-[\da-f]{4}-7/);
    expect(Number(chain)).toBeGreaterThanOrEqual(0);
    expect(await audit.reader.verify()).toMatchObject({ problems: [], events: 1 });
  });

  test("cuts what strangers send, and stays verifiable with characters that databases change", async () => {
    await using audit = await openAudit(database);
    const facts = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`fact${n}`, "v".repeat(1000)]));
    await audit.log.append(
      { ...login, reason: "nul \0 and half \uD83D", data: facts },
      {
        ip: "1".repeat(900),
        userAgent: `${"a".repeat(255)}😀${"b".repeat(9000)}`,
        correlationId: "c".repeat(900),
      },
    );
    const [row] = await audit.rows();
    expect(row?.["reason"]).toBe("nul \uFFFD and half \uFFFD");
    expect(row?.["ip"]).toHaveLength(AUDIT_MAX_CHARS.ip);
    expect(row?.["user_agent"]).toBe(`${"a".repeat(255)}\uFFFD`);
    expect(row?.["correlation_id"]).toHaveLength(AUDIT_MAX_CHARS.correlationId);
    const kept = Object.entries(JSON.parse(String(row?.["data"])) as Record<string, string>);
    expect(kept).toHaveLength(AUDIT_MAX_FACTS);
    expect(kept.every(([, text]) => text.length === AUDIT_MAX_CHARS.dataText)).toBe(true);
    expect((await audit.reader.verify()).problems).toEqual([]);
  });

  test("[G8] a transaction that fails leaves neither its change nor its event", async () => {
    await using audit = await openAudit(database);
    await audit.log.append(login, origin);
    await expect(
      inTransaction(audit.db, async (trx) => {
        await trx.updateTable("audit_events").set({ user_id: "other" }).execute();
        await audit.logOn(trx).append({ ...login, event: "account.updated" }, origin);
        throw new Error("undone");
      }),
    ).rejects.toThrow("undone");
    expect(await audit.rows()).toMatchObject([{ event: "login", user_id: "u1", seq: 1 }]);
    await audit.log.append(login, origin);
    expect(await audit.reader.verify()).toMatchObject({ problems: [], events: 2 });
  });

  test("several events of one transaction stand in one chain, in their order, also when nobody waits for each", async () => {
    await using audit = await openAudit(database);
    await audit.log.append(login, origin);
    await inTransaction(audit.db, async (trx) => {
      const log = audit.logOn(trx);
      await Promise.all(
        (["session.started", "token.issued", "logout"] as const).map((event) =>
          log.append({ event, outcome: "success", familyId: "one" }, origin),
        ),
      );
    });
    const rows = (await audit.rows()).filter((row) => row["family_id"] === "one");
    expect(new Set(rows.map((row) => row["chain"])).size).toBe(1);
    const inOrder = rows.toSorted((a, b) => Number(a["seq"]) - Number(b["seq"]));
    expect(inOrder.map((row) => row["event"])).toEqual(["session.started", "token.issued", "logout"]);
    expect((await audit.reader.verify()).problems).toEqual([]);
  });

  test("goes on in another chain when one was tampered with, and keeps the traces", async () => {
    await using audit = await openAudit(database);
    await audit.log.append(login, origin);
    const before = await audit.temporary.query("select * from audit_chains where id < 15 order by id");
    await audit.temporary.query("update audit_chains set seq = seq + 1 where id < 15");
    for (let n = 0; n < 5; n++) await audit.log.append(login, origin);
    const after = await audit.temporary.query("select * from audit_chains where id < 15 order by id");
    expect(after).toEqual(before.map((row) => ({ ...row, seq: Number(row["seq"]) + 1 })));
    expect((await audit.reader.verify()).problems.map(({ chain }) => chain)).toEqual(
      Array.from({ length: 15 }, (_, id) => id),
    );
  });

  test("takes nothing more, and says why, when no chain can be trusted", async () => {
    await using audit = await openAudit(database);
    await audit.log.append(login, origin);
    await audit.temporary.query("update audit_chains set mac = ''");
    await expect(audit.log.append(login, origin)).rejects.toMatchObject({
      code: "STORAGE_CORRUPT",
      detail: expect.stringContaining("master key"),
    });
    expect(await audit.rows()).toHaveLength(1);
  });
});

describe.each(sharedDatabases)("two servers on one $name", (database) => {
  test("append at once without a gap", async () => {
    const count = sized(60, 200);
    await using audit = await openAudit(database);
    await using second = audit.openSecond();
    await Promise.all(
      Array.from({ length: count }, (_, n) =>
        (n % 2 === 0 ? audit : second).log.append({ ...login, data: { n } }, origin),
      ),
    );
    expect(await audit.rows()).toHaveLength(count);
    expect(await audit.reader.verify()).toMatchObject({ problems: [], events: count });
  });

  test("one that holds a chain does not make the other wait", async () => {
    await using audit = await openAudit(database);
    await using second = audit.openSecond();
    await audit.log.append(login, origin);
    await inTransaction(audit.db, async (trx) => {
      await audit.logOn(trx).append(login, origin);
      for (let n = 0; n < 30; n++) await second.log.append(login, origin);
    });
    expect(await audit.reader.verify()).toMatchObject({ problems: [], events: 32 });
  });

  test("wait for each other when all chains are held", async () => {
    await using audit = await openAudit(database);
    await using second = audit.openSecond();
    await audit.log.append(login, origin);
    let waiting: Promise<void> | undefined;
    await audit.db.transaction().execute(async (trx) => {
      await trx.selectFrom("audit_chains").select("id").forUpdate().execute();
      waiting = second.log.append(login, origin);
      await audit.untilSomebodyWaitsForALock();
    });
    await waiting;
    expect(await audit.reader.verify()).toMatchObject({ problems: [], events: 2 });
  });
});
