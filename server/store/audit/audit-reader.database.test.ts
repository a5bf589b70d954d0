import { describe, expect, test } from "vitest";
import { AUDIT_RETENTION_MS, type AuditProblem } from "#server/domain/audit/audit-reader.ts";
import type { AuditEvent } from "#server/domain/audit/ports.ts";
import { AUDIT_BATCH } from "./audit-walk.ts";
import { openAudit, origin, type TestAudit } from "#server/testing/audit-kit.ts";
import { databases, type Row, type TestDatabase } from "#server/testing/databases.ts";
import { inTransaction } from "../sql/transaction.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const CHAIN = 3;
const EVENTS = 6;

/** A log of one event in chain 0 and six in {@link CHAIN}. */
async function openOneChain(database: TestDatabase): Promise<TestAudit> {
  const audit = await openAudit(database);
  await audit.signUnused();
  await audit.withOnly(0, () => audit.log.append({ event: "login", outcome: "success" }, origin));
  await audit.withOnly(CHAIN, async () => {
    for (let n = 0; n < EVENTS; n++) {
      audit.clock.advance(1);
      const event: AuditEvent = {
        event: "session.started",
        outcome: "success",
        reason: `reason ${n}`,
        userId: `user-${n}`,
        clientId: "pipit-cli",
        familyId: `family-${n}`,
        data: { n },
      };
      await audit.log.append(event, { ...origin, userAgent: `agent ${n}` });
    }
  });
  expect(await audit.reader.verify()).toEqual({ events: EVENTS + 1, problems: [] });
  return audit;
}

async function problemsOf(audit: TestAudit): Promise<readonly AuditProblem[]> {
  return (await audit.reader.verify()).problems;
}

async function chainRows(audit: TestAudit): Promise<Row[]> {
  return audit.temporary.query("select * from audit_events where chain = $1 order by seq", CHAIN);
}

async function insert(audit: TestAudit, row: Row): Promise<void> {
  const names = Object.keys(row);
  await audit.temporary.query(
    `insert into audit_events (${names.join(", ")}) values (${names.map((_, n) => `$${n + 1}`).join(", ")})`,
    ...Object.values(row),
  );
}

describe.each(databases)("[G8] checking the audit log on $name", (database) => {
  test("finds every value that was changed, and names the event", async () => {
    await using audit = await openOneChain(database);
    const row = (await chainRows(audit))[2] ?? {};
    const edits: Row = {
      id: "00000000-0000-7000-8000-000000000000",
      at_ms: Number(row["at_ms"]) - 1,
      event: "login",
      outcome: "failure",
      reason: null,
      user_id: "somebody else",
      client_id: "",
      ip: "192.0.2.99",
      user_agent: null,
      family_id: "family-9",
      correlation_id: "c-2",
      data: '{"n": 2}',
      hash: "A".repeat(43),
    };
    expect(Object.keys({ ...edits, chain: 0, seq: 0 }).toSorted()).toEqual(Object.keys(row).toSorted());
    for (const [column, value] of Object.entries(edits)) {
      const set = `update audit_events set ${column} = $1 where chain = ${CHAIN} and seq = 3`;
      await audit.temporary.query(set, value);
      const eventId = column === "id" ? value : row["id"];
      expect({ column, problems: await problemsOf(audit) }).toEqual({
        column,
        problems: [{ chain: CHAIN, damage: "event-changed", seq: 3, eventId }],
      });
      await audit.temporary.query(set, row[column] ?? null);
    }
    expect(await problemsOf(audit)).toEqual([]);
  });

  test("finds every event that was deleted, at the beginning, in the middle and at the end", async () => {
    await using audit = await openOneChain(database);
    for (const row of await chainRows(audit)) {
      await audit.temporary.query("delete from audit_events where id = $1", row["id"] ?? "");
      expect(await problemsOf(audit)).toEqual([{ chain: CHAIN, damage: "event-missing", seq: row["seq"] }]);
      await insert(audit, row);
    }
    expect(await problemsOf(audit)).toEqual([]);
  });

  test("finds a removed tail, also when the head was set back to what is left", async () => {
    await using audit = await openOneChain(database);
    const fourth = (await chainRows(audit))[3];
    await audit.temporary.query(`delete from audit_events where chain = ${CHAIN} and seq > 4`);
    expect(await problemsOf(audit)).toEqual([{ chain: CHAIN, damage: "event-missing", seq: 5 }]);
    await audit.temporary.query(
      "update audit_chains set seq = 4, head_hash = $1 where id = $2",
      fourth?.["hash"] ?? "",
      CHAIN,
    );
    expect(await problemsOf(audit)).toEqual([{ chain: CHAIN, damage: "chain-changed" }]);
  });

  test("finds events that changed places", async () => {
    await using audit = await openOneChain(database);
    for (const [from, to] of [
      [2, -1],
      [5, 2],
      [-1, 5],
    ]) {
      await audit.temporary.query(
        `update audit_events set seq = ${to} where chain = ${CHAIN} and seq = ${from}`,
      );
    }
    expect(await problemsOf(audit)).toMatchObject([{ chain: CHAIN, damage: "event-changed", seq: 2 }]);
  });

  test("finds an event that was moved to another chain, or added", async () => {
    await using audit = await openOneChain(database);
    const last = (await chainRows(audit)).at(-1) ?? {};
    const seq = Number(last["seq"]);
    const strangers: Row[] = [
      { ...last, id: "x", seq: seq + 1 },
      { ...last, id: "x", seq: 0 },
      { ...last, id: "x", chain: 15, seq: 99 },
      { ...last, id: "x", chain: 99 },
      { ...last, id: "x", chain: -1 },
    ];
    for (const stranger of strangers) {
      await insert(audit, stranger);
      expect(await problemsOf(audit)).toEqual([
        { chain: stranger["chain"], damage: "event-unknown", seq: stranger["seq"], eventId: "x" },
      ]);
      await audit.temporary.query("delete from audit_events where id = 'x'");
    }
    await audit.temporary.query(
      "update audit_events set chain = 15, seq = 1 where id = $1",
      last["id"] ?? "",
    );
    expect(await problemsOf(audit)).toMatchObject([
      { chain: CHAIN, damage: "event-missing", seq },
      { chain: 15, damage: "event-unknown", seq: 1 },
    ]);
  });

  test("finds every change of a chain's row, and a row that is gone or new", async () => {
    await using audit = await openOneChain(database);
    const [chain = {}] = await audit.temporary.query(`select * from audit_chains where id = ${CHAIN}`);
    const edits: Row = { seq: 5, head_hash: "", base_seq: 1, base_hash: "x", mac: "" };
    for (const [column, value] of Object.entries(edits)) {
      const set = `update audit_chains set ${column} = $1 where id = ${CHAIN}`;
      await audit.temporary.query(set, value);
      expect(await problemsOf(audit)).toEqual([{ chain: CHAIN, damage: "chain-changed" }]);
      await audit.temporary.query(set, chain[column] ?? null);
    }
    await audit.temporary.query(`update audit_chains set id = 77 where id = ${CHAIN}`);
    expect(await problemsOf(audit)).toEqual([
      { chain: CHAIN, damage: "chain-missing" },
      { chain: 77, damage: "chain-changed" },
    ]);
  });

  test("finds a log that pretends that it was never used", async () => {
    await using audit = await openOneChain(database);
    await audit.temporary.query(
      "update audit_chains set seq = 0, head_hash = '', mac = '' where id in ($1, 4)",
      CHAIN,
    );
    await audit.temporary.query(`delete from audit_events where chain = ${CHAIN}`);
    expect(await problemsOf(audit)).toEqual([
      { chain: CHAIN, damage: "chain-changed" },
      { chain: 4, damage: "chain-changed" },
    ]);
    await audit.temporary.query("update audit_chains set seq = 0, head_hash = '', mac = ''");
    expect((await problemsOf(audit)).length).toBeGreaterThan(0);
    await expect(audit.log.append({ event: "login", outcome: "success" }, origin)).rejects.toMatchObject({
      code: "STORAGE_CORRUPT",
    });
  });

  test("trusts nothing under another key", async () => {
    await using audit = await openOneChain(database);
    await using other = await openAudit(
      { ...database, open: async () => audit.temporary },
      Buffer.alloc(32, 8),
    );
    expect(await problemsOf(other)).toHaveLength(16);
  });

  test("finds a new log whole, tells how far it is, and stops when asked to", async () => {
    await using audit = await openAudit(database);
    expect(await audit.reader.verify()).toEqual({ events: 0, problems: [] });
    for (let n = 0; n < 20; n++) await audit.log.append({ event: "login", outcome: "success" }, origin);
    const progress: unknown[] = [];
    await audit.reader.verify({ onProgress: (one) => progress.push(one) });
    expect(progress.at(-1)).toEqual({ checked: 20, total: 20 });
    await expect(audit.reader.verify({ signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow(
      "stop",
    );
  });
});

describe.each(databases)("reading the audit log on $name", (database) => {
  async function openThirty(): Promise<TestAudit> {
    const audit = await openAudit(database);
    for (let n = 0; n < 30; n++) {
      // Three events share each moment.
      if (n % 3 === 0) audit.clock.advance(1000);
      await audit.log.append(
        {
          event: n % 2 === 0 ? "login" : "logout",
          outcome: "success",
          userId: `u${n % 5}`,
          clientId: n < 10 ? "pipit-web" : undefined,
          data: { n },
        },
        origin,
      );
    }
    return audit;
  }
  const numbers = (records: readonly { readonly data: unknown }[]): unknown[] =>
    records.map(({ data }) => (data as { n: number }).n);
  const descending = Array.from({ length: 30 }, (_, n) => 29 - n);

  test("lists it newest first, page by page, without losing events of one moment", async () => {
    await using audit = await openThirty();
    const seen: unknown[] = [];
    let before: { atMs: number; id: string } | undefined;
    for (;;) {
      const page = await audit.reader.list({ limit: 7, before });
      seen.push(...numbers(page));
      before = page.at(-1);
      if (page.length < 7) break;
    }
    expect(seen).toEqual(descending);
  });

  test("lists what was asked for", async () => {
    await using audit = await openThirty();
    const of = async (query: object): Promise<unknown[]> =>
      numbers(await audit.reader.list({ limit: 100, ...query }));
    expect(await of({ userId: "u3" })).toEqual([28, 23, 18, 13, 8, 3]);
    expect(await of({ userId: "u3", event: "logout" })).toEqual([23, 13, 3]);
    expect(await of({ clientId: "pipit-web" })).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    const startMs = audit.clock.nowMs() - 10_000;
    expect(await of({ sinceMs: startMs + 2000, untilMs: startMs + 4000 })).toEqual([8, 7, 6, 5, 4, 3]);
    expect(await of({ userId: "nobody" })).toEqual([]);
    expect(await audit.reader.list({ limit: 1 })).toMatchObject([
      {
        event: "logout",
        outcome: "success",
        userId: "u4",
        ip: "192.0.2.1",
        reason: undefined,
        data: { n: 29 },
      },
    ]);
  });

  test("exports every event as a line of JSON, oldest first, also one that somebody broke", async () => {
    await using audit = await openThirty();
    await audit.temporary.query("update audit_events set data = '{' where user_id = 'u0'");
    const lines: Record<string, unknown>[] = [];
    for await (const line of audit.reader.exportAll()) {
      expect(line).not.toContain("\n");
      lines.push(JSON.parse(line) as Record<string, unknown>);
    }
    expect(lines).toHaveLength(30);
    expect(lines.map(({ at_ms }) => at_ms)).toEqual(lines.map(({ at_ms }) => at_ms).toSorted());
    expect(lines[0]?.["data"]).toBe("{");
    expect(lines[1]).toMatchObject({
      event: "logout",
      user_id: "u1",
      data: { n: 1 },
      at: "2023-11-14T22:13:21.000Z",
    });
    expect(lines[1]?.["hash"]).toMatch(/^[\w-]{43}$/);
  });
});

describe.each(databases)("[G8] retention of the audit log on $name", (database) => {
  test("removes what is older, leaves an anchor, and tells of it in the log itself", async () => {
    await using audit = await openAudit(database);
    const append = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) await audit.log.append({ event: "login", outcome: "success" }, origin);
    };
    await append(40);
    audit.clock.advance(AUDIT_RETENTION_MS);
    await append(10);
    expect(await audit.reader.prune()).toEqual({ removed: 0, problems: [] });
    audit.clock.advance(1);
    expect(await audit.reader.prune()).toEqual({ removed: 40, problems: [] });
    const rows = await audit.rows();
    expect(rows.filter(({ event }) => event === "login")).toHaveLength(10);
    const pruned = rows
      .filter(({ event }) => event === "audit.pruned")
      .map(({ data }) => JSON.parse(String(data)));
    expect(pruned.reduce((sum, { firstSeq, lastSeq }) => sum + lastSeq - firstSeq + 1, 0)).toBe(40);
    await append(10);
    expect((await audit.reader.verify()).problems).toEqual([]);
  });

  test("can empty a chain, which then goes on", async () => {
    await using audit = await openOneChain(database);
    audit.clock.advance(2 * DAY_MS);
    expect(await audit.reader.prune({ olderThanMs: DAY_MS })).toMatchObject({ problems: [] });
    expect(await problemsOf(audit)).toEqual([]);
    for (let n = 0; n < 20; n++) await audit.log.append({ event: "login", outcome: "success" }, origin);
    expect(await problemsOf(audit)).toEqual([]);
  });

  test("takes as many steps as a long chain needs", async () => {
    await using audit = await openAudit(database);
    await audit.log.append({ event: "login", outcome: "success" }, origin);
    await inTransaction(audit.db, async (trx) => {
      const log = audit.logOn(trx);
      for (let n = 0; n < AUDIT_BATCH + 20; n++)
        await log.append({ event: "login", outcome: "success" }, origin);
    });
    expect(await audit.reader.verify()).toEqual({ events: AUDIT_BATCH + 21, problems: [] });
    audit.clock.advance(2 * DAY_MS);
    const pruned = await audit.reader.prune({ olderThanMs: DAY_MS });
    expect(pruned).toEqual({ removed: AUDIT_BATCH + 21, problems: [] });
    expect((await audit.rows()).every(({ event }) => event === "audit.pruned")).toBe(true);
    expect(await problemsOf(audit)).toEqual([]);
  });

  test("does not hide that the beginning of what is left was removed", async () => {
    await using audit = await openOneChain(database);
    audit.clock.advance(DAY_MS - 2);
    await audit.reader.prune({ olderThanMs: DAY_MS });
    const [first] = await chainRows(audit);
    expect(first?.["seq"]).toBeGreaterThan(1);
    await audit.temporary.query("delete from audit_events where id = $1", first?.["id"] ?? "");
    expect(await problemsOf(audit)).toEqual([{ chain: CHAIN, damage: "event-missing", seq: first?.["seq"] }]);
  });

  test("removes nothing of a chain whose old events were changed", async () => {
    await using audit = await openOneChain(database);
    await audit.temporary.query(`update audit_events set user_id = 'x' where chain = ${CHAIN} and seq = 3`);
    audit.clock.advance(2 * DAY_MS);
    const { problems } = await audit.reader.prune({ olderThanMs: DAY_MS });
    expect(problems).toMatchObject([{ chain: CHAIN, damage: "event-changed", seq: 3 }]);
    expect((await chainRows(audit)).length).toBeGreaterThanOrEqual(EVENTS);
  });
});

describe.each(databases)("beginning the audit log anew on $name", (database) => {
  test("makes a damaged chain usable, tells of it, and leaves the others", async () => {
    await using audit = await openOneChain(database);
    expect(await audit.reader.restart(origin)).toEqual({ chains: [], removed: 0 });
    await audit.temporary.query(`delete from audit_events where chain = ${CHAIN} and seq = 2`);
    await insert(audit, { ...(await chainRows(audit))[0], id: "x", chain: 99 });
    expect(await audit.reader.restart(origin)).toEqual({ chains: [CHAIN, 99], removed: EVENTS });
    expect(await problemsOf(audit)).toEqual([]);
    expect(await audit.reader.list({ limit: 10 })).toMatchObject([
      { event: "audit.pruned", reason: "restarted", data: { chains: `${CHAIN} 99`, removed: EVENTS } },
      { event: "login" },
    ]);
    await audit.withOnly(CHAIN, () => audit.log.append({ event: "logout", outcome: "success" }, origin));
    expect((await chainRows(audit)).every(({ seq }) => Number(seq) > EVENTS)).toBe(true);
    expect(await problemsOf(audit)).toEqual([]);
  });

  test("lets a server with a new master key write again", async () => {
    await using audit = await openOneChain(database);
    await using other = await openAudit(
      { ...database, open: async () => audit.temporary },
      Buffer.alloc(32, 8),
    );
    await expect(other.log.append({ event: "login", outcome: "success" }, origin)).rejects.toMatchObject({
      code: "STORAGE_CORRUPT",
    });
    await other.temporary.query("delete from audit_chains where id = 5");
    expect(await other.reader.restart()).toMatchObject({ removed: EVENTS + 1 });
    await other.log.append({ event: "login", outcome: "success" }, origin);
    expect(await other.reader.verify()).toEqual({ events: 2, problems: [] });
  });
});
