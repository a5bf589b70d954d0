import { describe, expect, test } from "vitest";
import { accountOf } from "#server/testing/account-of.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import type { AuthStores } from "#server/domain/auth-store.ts";
import { clientOf } from "#server/testing/client-of.ts";
import { databases, type DatabaseStore } from "#server/testing/databases.ts";
import { webSessionOf } from "#server/testing/web-session-of.ts";
import { familyOf, tokenOf } from "#server/testing/family-of.ts";
import { openStore } from "./store.ts";

const origin: AuditOrigin = { ip: "192.0.2.1", userAgent: "test", correlationId: "r1" };
const registered = { event: "account.registered", outcome: "success", userId: "u1" } as const;
const code = { hash: "s1", purpose: "sign-in", userId: "u1", ownerId: "u1", data: "{}" } as const;
const session = webSessionOf({ hash: "h1" });
const tables = [
  "accounts",
  "recovery_codes",
  "web_sessions",
  "one_time_tokens",
  "refresh_families",
  "refresh_tokens",
  "revoked_access_tokens",
  "oauth_clients",
  "audit_events",
];

/** Something in every table, also by methods that have a transaction of their own elsewhere. */
async function writeEverything(tx: AuthStores): Promise<void> {
  await tx.accounts.create(accountOf({ id: "u1" }));
  await tx.totp.setRecoveryCodes("u1", ["r1"]);
  await tx.webSessions.create(session);
  await tx.oneTime.add(code, { ttlMs: 9, keep: 3 });
  await tx.refreshTokens.createFamily(familyOf(), tokenOf());
  await tx.refreshTokens.revokeOfUser("u1", "admin", 6);
  await tx.tokenStates.revokeJti("j1", 100);
  await tx.clients.insert(clientOf());
  await tx.audit.append(registered, origin);
}

async function filledTables(temporary: DatabaseStore): Promise<readonly string[]> {
  const filled: string[] = [];
  for (const table of tables) {
    if ((await temporary.query(`select * from ${table} limit 1`)).length > 0) filled.push(table);
  }
  return filled;
}

describe.each(databases)("the auth store on $name", ({ open }) => {
  test("changes everything in one transaction, which sees its own changes", async () => {
    await using temporary = await open();
    const found = await temporary.store.auth.transaction(async (tx) => {
      await writeEverything(tx);
      return tx.refreshTokens.findFamily("f1");
    });
    expect(found).toMatchObject({ revokedReason: "admin" });
    expect(await filledTables(temporary)).toEqual(tables);
  });

  test("leaves nothing of a transaction that failed, and throws on what it threw", async () => {
    await using temporary = await open();
    const failure = new Error("no");
    const failing = temporary.store.auth.transaction(async (tx) => {
      await writeEverything(tx);
      throw failure;
    });
    await expect(failing).rejects.toBe(failure);
    expect(await filledTables(temporary)).toEqual([]);
  });

  test("does nothing that must be audited when the log has no key", async () => {
    await using temporary = await open();
    const { location, clock, logger } = temporary;
    await using store = await openStore({ ...location, clock, logger });
    await expect(store.auth.transaction(writeEverything)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(store.auth.rotations.find("h0")).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(await filledTables(temporary)).toEqual([]);
  });
});
