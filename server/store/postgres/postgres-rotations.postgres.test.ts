import { createSecretKey } from "node:crypto";
import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { accountOf } from "#server/testing/account-of.ts";
import { sharedDatabases, type DatabaseStore, type TestDatabase } from "#server/testing/databases.ts";
import { familyOf, tokenOf } from "#server/testing/family-of.ts";
import { createManualClock, createRecordingLogger, TEST_AUDIT_KEY } from "#server/testing/temporary-store.ts";
import type { Rotation } from "#server/domain/tokens/ports.ts";
import { postgresTime } from "../sql/database-time.ts";
import { inTransaction } from "../sql/transaction.ts";
import { openPostgres, type OpenedPostgres } from "./open-postgres.ts";
import { createPostgresRotations } from "./postgres-rotations.ts";
import { systemOrigin as origin } from "#server/domain/audit/system-origin.ts";

function rotationOf(familyId: string, from: number): Rotation {
  return {
    hash: `${familyId}-${from}`,
    successor: tokenOf({ hash: `${familyId}-${from + 1}`, familyId, generation: from + 1 }),
    event: { event: "token.refreshed", outcome: "success", familyId },
    origin,
  };
}

async function openSessions(open: TestDatabase["open"], ids: readonly string[]): Promise<DatabaseStore> {
  const temporary = await open();
  await temporary.store.auth.accounts.create(accountOf({ id: "u1" }));
  for (const id of ids) {
    await temporary.store.auth.refreshTokens.createFamily(
      familyOf({ id }),
      tokenOf({ hash: `${id}-0`, familyId: id }),
    );
  }
  return temporary;
}

function connect({ location }: DatabaseStore, maxConnections?: number): OpenedPostgres & AsyncDisposable {
  if (!("databaseUrl" in location)) throw new Error("not PostgreSQL");
  const { databaseUrl } = location;
  const opened = openPostgres({ databaseUrl, logger: createRecordingLogger(), maxConnections });
  return { ...opened, [Symbol.asyncDispose]: () => opened.db.destroy() };
}

const audit = {
  key: createSecretKey(TEST_AUDIT_KEY),
  clock: createManualClock(),
  dialect: "postgres",
} as const;

describe.each(sharedDatabases)("a refresh on $name", ({ open }) => {
  test("takes two statements, each parsed once per connection", async () => {
    await using temporary = await openSessions(open, ["f1"]);
    await using opened = connect(temporary, 1);
    const asked: string[] = [];
    const rotations = createPostgresRotations(
      opened.db,
      (text, values) => {
        asked.push(text);
        return opened.query(text, values);
      },
      audit,
      postgresTime,
    );
    for (let n = 0; n < 5; n++) {
      expect((await rotations.find(`f1-${n}`))?.usedForMs).toBeUndefined();
      expect(await rotations.rotate(rotationOf("f1", n))).toBe(true);
    }
    expect(asked).toHaveLength(10);
    const prepared = await sql<{ statement: string; times: number }>`
      select statement, cast(generic_plans + custom_plans as int) as times from pg_prepared_statements`.execute(
      opened.db,
    );
    for (const text of new Set(asked)) expect(prepared.rows).toContainEqual({ statement: text, times: 5 });
  });

  test("goes on when another server has changed its tables", async () => {
    await using temporary = await openSessions(open, ["f1"]);
    await using opened = connect(temporary, 1);
    const rotations = createPostgresRotations(opened.db, opened.query, audit, postgresTime);
    const inside = () =>
      inTransaction(opened.db, (trx) =>
        trx.selectFrom("refresh_families").selectAll().where("id", "=", "f1").execute(),
      );
    for (let n = 0; n < 3; n++) {
      if (n > 0) await temporary.query(`alter table refresh_families add column later_${n} text`);
      // By turns, so that both a single statement and a transaction meet a stale plan.
      if (n === 1) expect(await inside()).toHaveLength(1);
      expect((await rotations.find(`f1-${n}`))?.token.generation).toBe(n);
      expect(await rotations.rotate(rotationOf("f1", n))).toBe(true);
      expect(await inside()).toHaveLength(1);
    }
  });

  test("waits for nobody who holds a chain, and goes on when all chains are held and let go", async () => {
    await using temporary = await openSessions(open, ["f1"]);
    const { rotations } = temporary.store.auth;
    await using opened = connect(temporary);
    expect(await rotations.rotate(rotationOf("f1", 0))).toBe(true);
    await opened.db.transaction().execute(async (trx) => {
      await trx.selectFrom("audit_chains").select("id").where("seq", ">", 0).forUpdate().execute();
      expect(await rotations.rotate(rotationOf("f1", 1))).toBe(true);
    });
    let waiting: Promise<boolean> | undefined;
    await opened.db.transaction().execute(async (trx) => {
      await trx.selectFrom("audit_chains").select("id").forUpdate().execute();
      waiting = rotations.rotate(rotationOf("f1", 2));
      await expect
        .poll(() => temporary.query("select 1 from pg_stat_activity where wait_event_type = 'Lock'"))
        .not.toEqual([]);
    });
    expect(await waiting).toBe(true);
  });

  test("by eight servers at once, with revocations and other events between, forks nothing and breaks no chain", async () => {
    const ids = Array.from({ length: 24 }, (_, n) => `f${n}`);
    await using temporary = await openSessions(open, ids);
    const servers = await Promise.all(Array.from({ length: 8 }, () => temporary.openSecond()));
    const won = new Map<string, number>();
    const revoked = new Set<string>();
    await Promise.all(
      ids.flatMap((id, n) => [
        ...servers.map(async ({ auth }) => {
          for (let from = 0; from < 3; from++) {
            const key = `${id}-${from}`;
            if (await auth.rotations.rotate(rotationOf(id, from))) won.set(key, (won.get(key) ?? 0) + 1);
          }
        }),
        (async () => {
          if (n % 4 !== 0) return;
          await servers[n % 8]?.auth.transaction(async (tx) => {
            if (await tx.refreshTokens.revokeFamily(id, "logout", 1)) revoked.add(id);
            await tx.audit.append({ event: "session.revoked", outcome: "success", familyId: id }, origin);
          });
        })(),
      ]),
    );
    expect([...won.values()].every((times) => times === 1)).toBe(true);
    for (const id of ids) expect(revoked.has(id) || won.get(`${id}-2`) === 1).toBe(true);
    expect(
      await temporary.query(
        "select family_id from refresh_tokens group by family_id having count(*) filter (where consumed_at_ms is null) <> 1",
      ),
    ).toEqual([]);
    const verdict = await temporary.store.auditReader?.verify();
    expect(verdict).toEqual({ problems: [], events: won.size + revoked.size });
  });
});
