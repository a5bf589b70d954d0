import { describe, expect, test } from "vitest";
import { accountOf } from "#server/testing/account-of.ts";
import { databases, type DatabaseStore, type TestDatabase } from "#server/testing/databases.ts";
import { eightAtOnce } from "#server/testing/eight-at-once.ts";
import { familyOf, tokenOf } from "#server/testing/family-of.ts";
import type { Rotation } from "#server/domain/tokens/ports.ts";
import { AUDIT_CHAINS } from "../migrations/migration-0003.ts";
import type { Store } from "../store.ts";

const origin = { ip: "192.0.2.1", userAgent: "a\0b", correlationId: "c-1" };
const family = familyOf({ scope: "api:read", amr: ["pwd", "otp"] });

function rotationOf(change: Partial<Rotation> = {}): Rotation {
  return {
    hash: "h0",
    successor: tokenOf({ hash: "h1", generation: 1, expiresAtMs: 9_007_199_254_740_991 }),
    event: { event: "token.refreshed", outcome: "success", familyId: "f1", data: { generation: 1 } },
    origin,
    ...change,
  };
}

/** A store with one session of one active account. */
async function openSession(open: TestDatabase["open"]): Promise<DatabaseStore> {
  const temporary = await open();
  await temporary.store.auth.accounts.create(accountOf({ id: "u1" }));
  await temporary.store.auth.refreshTokens.createFamily(family, tokenOf());
  return temporary;
}

async function expectNothingDone({ store, query }: DatabaseStore): Promise<void> {
  expect((await store.auth.rotations.find("h0"))?.usedForMs).toBeUndefined();
  expect(await query("select hash from refresh_tokens")).toEqual([{ hash: "h0" }]);
  expect(await query("select event from audit_events")).toEqual([]);
}

const problemsOf = async (store: Store) => (await store.auditReader?.verify())?.problems;

describe.each(databases)("a refresh token on $name", ({ open }) => {
  test("is found with its family, its account, and how long ago it was used", async () => {
    await using temporary = await openSession(open);
    const { rotations } = temporary.store.auth;
    const account = await temporary.store.auth.accounts.findById("u1");
    expect(account).toBeDefined();
    expect(await rotations.find("h0")).toEqual({ token: tokenOf(), family, account, usedForMs: undefined });
    expect(await rotations.find("h9")).toBeUndefined();
    expect(await rotations.rotate(rotationOf())).toBe(true);
    temporary.clock.advance(3);
    const used = await rotations.find("h0");
    expect(used?.usedForMs).toBe(3);
    expect(used?.family.lastUsedAtMs).toBe(temporary.clock.nowMs() - 3);
    expect(await rotations.find("h1")).toMatchObject({ token: rotationOf().successor, usedForMs: undefined });
  });

  test("of no account is found all the same, and gives no successor", async () => {
    await using temporary = await open();
    await temporary.store.auth.refreshTokens.createFamily(family, tokenOf());
    expect((await temporary.store.auth.rotations.find("h0"))?.account).toBeUndefined();
    expect(await temporary.store.auth.rotations.rotate(rotationOf())).toBe(false);
    await expectNothingDone(temporary);
  });

  test("rotates once, also when asked eight times at once, and one event says so", async () => {
    await using temporary = await openSession(open);
    const results = await eightAtOnce(temporary, ({ auth }, n) =>
      auth.rotations.rotate(rotationOf({ successor: tokenOf({ hash: `s${n}`, generation: 1 }) })),
    );
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(await temporary.query("select generation from refresh_tokens order by generation")).toEqual([
      { generation: 0 },
      { generation: 1 },
    ]);
    expect(await temporary.query("select event, family_id, user_agent, data from audit_events")).toEqual([
      { event: "token.refreshed", family_id: "f1", user_agent: "a\uFFFDb", data: '{"generation":1}' },
    ]);
    expect(await problemsOf(temporary.store)).toEqual([]);
  });

  test.each([
    ["whose family was revoked", "update refresh_families set revoked_at_ms = 1, revoked_reason = 'logout'"],
    ["whose account was switched off", "update accounts set is_active = 0"],
  ])("%s gives none, and stays unused", async (_which, statement) => {
    await using temporary = await openSession(open);
    await temporary.query(statement);
    expect(await temporary.store.auth.rotations.rotate(rotationOf())).toBe(false);
    await expectNothingDone(temporary);
  });

  test("whose successor cannot be stored stays unused, and the chain as it was", async () => {
    await using temporary = await openSession(open);
    const { rotations } = temporary.store.auth;
    const failing = rotations.rotate(rotationOf({ successor: tokenOf({ generation: 1 }) }));
    await expect(failing).rejects.toMatchObject({ code: "INTERNAL" });
    await expectNothingDone(temporary);
    expect(await rotations.rotate(rotationOf())).toBe(true);
    expect(await problemsOf(temporary.store)).toEqual([]);
  });

  test("does not rotate into another family", async () => {
    await using temporary = await openSession(open);
    await temporary.store.auth.refreshTokens.createFamily(familyOf({ id: "f2" }));
    const successor = tokenOf({ hash: "h1", familyId: "f2", generation: 1 });
    expect(await temporary.store.auth.rotations.rotate(rotationOf({ successor }))).toBe(false);
    await expectNothingDone(temporary);
  });
});

describe.each(databases)("the audit of refreshes on $name", ({ open }) => {
  /** Rotates the newest token of the session so many times. */
  async function rotateOn(store: Store, from: number, times: number): Promise<void> {
    for (let n = from; n < from + times; n++) {
      const successor = tokenOf({ hash: `h${n + 1}`, generation: n + 1 });
      expect(await store.auth.rotations.rotate(rotationOf({ hash: `h${n}`, successor }))).toBe(true);
    }
  }

  test("goes on in whatever chain is whole, however the others were damaged, and stops when none is", async () => {
    await using temporary = await openSession(open);
    const { store, query } = temporary;
    await rotateOn(store, 0, 1);
    const [used] = await query("select id from audit_chains where seq > 0");
    await query("update audit_chains set mac = 'x' where id = $1", used?.["id"] ?? 0);
    await rotateOn(store, 1, 1);
    expect(await problemsOf(store)).toEqual([{ chain: used?.["id"], damage: "chain-changed" }]);
    await query("update audit_chains set mac = 'x'");
    await expect(rotateOn(store, 2, 1)).rejects.toMatchObject({ code: "STORAGE_CORRUPT" });
    expect((await store.auth.rotations.find("h2"))?.usedForMs).toBeUndefined();
  });

  test("goes on after other events and retention have moved the chains", async () => {
    await using temporary = await openSession(open);
    const { store } = temporary;
    const events = (times: number) =>
      Promise.all(
        Array.from({ length: times }, () =>
          store.auth.audit.append({ event: "login", outcome: "success" }, origin),
        ),
      );
    await rotateOn(store, 0, 3);
    await events(2 * AUDIT_CHAINS);
    await rotateOn(store, 3, 3);
    temporary.clock.advance(1_000);
    await store.auditReader?.prune({ olderThanMs: 0 });
    await rotateOn(store, 6, 3);
    expect(await problemsOf(store)).toEqual([]);
  });
});
