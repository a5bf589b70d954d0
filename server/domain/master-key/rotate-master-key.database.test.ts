import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createAccountStore } from "#server/store/sql/account-store.ts";
import { databaseTime } from "#server/store/sql/database-time.ts";
import { createTotpStore } from "#server/store/sql/totp-store.ts";
import { SyncLog } from "#server/store/sync/sync-log.ts";
import { createMasterKeyStore, sealedPlaces } from "#server/store/sql/master-key-store.ts";
import { openDatabase } from "#server/store/open-database.ts";
import { accountOf } from "#server/testing/account-of.ts";
import { databases } from "#server/testing/databases.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { MODEL_CONNECTION_SEALED_FOR } from "../assistant/model-connection.ts";
import { systemClock } from "../clock.ts";
import { openKeyRing, type KeyRing } from "./key-ring.ts";
import { KEPT_PURPOSES, type SealPurpose } from "./purposes.ts";
import { watchKeyRing } from "./key-ring-watch.ts";
import { loadMasterKey, sealerFor, type MasterKey } from "./master-key.ts";
import { rotateMasterKey } from "./rotate-master-key.ts";

const never = new AbortController().signal;
const wait = (): Promise<void> => Promise.resolve();
const newKey = (): Promise<MasterKey> =>
  loadMasterKey({ dataDir: "", configured: randomBytes(32).toString("base64") });

describe.each(databases)("a master key on $name", ({ openEmpty }) => {
  async function openStage() {
    await using opening = new AsyncDisposableStack();
    const empty = opening.use(await openEmpty());
    const database = opening.use(
      await openDatabase({ ...empty.location, clock: systemClock, logger: createRecordingLogger() }),
    );
    await database.migrate();
    const { db } = database;
    const time = databaseTime(database.dialect, systemClock);
    const accounts = createAccountStore(db, time, new SyncLog(time));
    const totp = createTotpStore(db);
    const store = createMasterKeyStore(db);
    const [old, fresh] = [await newKey(), await newKey()];
    const places = sealedPlaces(db);
    const ring = await openKeyRing([old], store);
    const seal = (purpose: SealPurpose, aad: string) => ring.sealer(purpose).seal(`secret of ${aad}`, aad);
    for (let n = 0; n < 3; n += 1) {
      await db
        .insertInto("signing_keys")
        .values({
          kid: `k${n}`,
          algorithm: "RS256",
          public_jwk: "{}",
          sealed_private_key: seal("signing-key-seal", `k${n}`),
          state: "retired",
          created_at_ms: n,
          signing_since_ms: n,
          retired_at_ms: n,
        })
        .execute();
      await db
        .insertInto("oidc_payloads")
        .values({
          model: "Grant",
          id_hash: `h${n}`,
          sealed_payload: seal("oidc-payload-seal", `Grant:h${n}`),
          grant_hash: null,
          uid_hash: null,
          user_code_hash: null,
          user_id: null,
          expires_at_ms: 2 ** 45,
          consumed_at_ms: null,
        })
        .execute();
      await accounts.create(accountOf({ id: `u${n}` }));
      await totp.setPending(`u${n}`, seal("totp-secrets", `u${n}`));
      if (n === 0) continue;
      const totp_sealed = seal("totp-secrets", `u${n}`);
      await db.updateTable("accounts").set({ totp_sealed }).where("id", "=", `u${n}`).execute();
    }
    await db
      .insertInto("model_connection")
      .values({ id: "model", sealed: seal("model-connection-seal", MODEL_CONNECTION_SEALED_FOR) })
      .execute();
    /** What the keys open, all of it. */
    const openAll = async (keys: readonly MasterKey[]): Promise<number> => {
      const opened = await openKeyRing(keys, store);
      let count = 0;
      for (const place of places) {
        for (const { sealed, aad } of await place.next(undefined)) {
          expect(opened.sealer(place.purpose).open(sealed, aad).toString()).toBe(`secret of ${aad}`);
          count += 1;
        }
      }
      return count;
    };
    const rotate = async (signal: AbortSignal, settle: () => Promise<void> = wait) =>
      rotateMasterKey({
        ring: await openKeyRing([fresh, old], store),
        to: fresh,
        places,
        change: (step, record) =>
          store.replace((step === "begun" ? record.previousId : record.id) ?? "", record),
        settleMs: 1,
        wait: settle,
        signal,
      });
    const owned = opening.move();
    return {
      db,
      store,
      places,
      old,
      fresh,
      ring,
      rotate,
      openAll,
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  }

  const SECRETS = 3 + 3 + 3 + 2 + 1;

  test("is replaced however often that is killed: until the end both keys are needed, then the new one alone opens all", async () => {
    await using stage = await openStage();
    const { old, fresh, ring, rotate, openAll, store, places } = stage;
    const kept = new Map(KEPT_PURPOSES.map((purpose) => [purpose, ring.derive(purpose).toString("hex")]));
    let kills = 0;
    for (let step = 1; ; step += 1) {
      let checks = 0;
      const kill = {
        throwIfAborted() {
          checks += 1;
          if (checks === step) throw new Error("killed");
        },
      } as AbortSignal;
      const outcome = await rotate(kill).catch((error: unknown) => error);
      if (!(outcome instanceof Error)) break;
      kills += 1;
      expect(outcome.message).toBe("killed");
      // A server that has both goes on, and one that was not told of the new key does until it is in force.
      expect(await openAll([fresh, old])).toBe(SECRETS);
      if (step === 1) expect(await openAll([old])).toBe(SECRETS);
      else {
        await expect(openKeyRing([fresh], store)).rejects.toThrow("PIPIT_MASTER_KEY_PREVIOUS");
        await expect(openKeyRing([old], store)).rejects.toThrow("sealed with another master key");
      }
    }
    expect(kills).toBeGreaterThan(SECRETS);
    expect(await openAll([fresh])).toBe(SECRETS);
    await expect(openKeyRing([old], store)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    for (const place of places)
      for (const { sealed, aad } of await place.next(undefined))
        expect(() => sealerFor(old, place.purpose).open(sealed, aad)).toThrow("another master key");
    const after = await openKeyRing([fresh], store);
    expect(after.state).toBe("right");
    for (const [purpose, key] of kept) expect(after.derive(purpose).toString("hex")).toBe(key);
    // And again: what is kept goes along.
    const third = await newKey();
    const again = await openKeyRing([third, fresh], store);
    await rotateMasterKey({
      ring: again,
      to: third,
      places,
      change: (step, record) =>
        store.replace((step === "begun" ? record.previousId : record.id) ?? "", record),
      settleMs: 0,
      wait,
      signal: never,
    });
    expect((await openKeyRing([third], store)).derive("audit-chain").toString("hex")).toBe(
      kept.get("audit-chain"),
    );
    expect(await openAll([third])).toBe(SECRETS);
  });

  test("is used by running servers once it is in force, and what they seal meanwhile is not forgotten", async () => {
    await using stage = await openStage();
    const { db, old, fresh, rotate, openAll, store, places } = stage;
    const logger = createRecordingLogger();
    const told: KeyRing = await openKeyRing([fresh, old], store);
    const untold: KeyRing = await openKeyRing([old], store);
    await using watch = await watchKeyRing({ ring: told, places, logger, everyMs: 5 });
    await using left = await watchKeyRing({ ring: untold, places, logger, everyMs: 5 });
    expect([watch.state(), left.state()]).toEqual(["right", "right"]);
    const late = told.sealer("totp-secrets");
    const outcome = await rotate(never, async () => {
      // A server that has not looked yet.
      await db
        .updateTable("accounts")
        .set({ totp_sealed: sealerFor(old, "totp-secrets").seal("secret of u1", "u1") })
        .where("id", "=", "u1")
        .execute();
      await expect.poll(() => [watch.state(), left.state()]).toEqual(["rotating", "replaced"]);
    });
    expect(outcome).toMatchObject({ resealed: SECRETS + 1, unreadable: {} });
    await expect.poll(() => watch.state()).toBe("right");
    expect(late.open(late.seal("new", "u1"), "u1").toString()).toBe("new");
    expect(sealerFor(fresh, "totp-secrets").open(late.seal("new", "u1"), "u1").toString()).toBe("new");
    expect(() => untold.sealer("totp-secrets").seal("lost", "u1")).toThrow(
      "Set PIPIT_MASTER_KEY to the new one",
    );
    expect(await openAll([fresh])).toBe(SECRETS);
    const events = new Set(logger.lines.map(({ event }) => event));
    expect(events).toEqual(new Set(["master_key.rotating", "master_key.replaced", "master_key.right"]));
  });

  test("that is wrong is told for what it is, also in a database that never wrote its key down", async () => {
    await using stage = await openStage();
    const { db, old, store, places } = stage;
    const wrong = await newKey();
    await expect(openKeyRing([wrong], store)).rejects.toThrow(/sealed with another master key.*abandon/s);
    await db.deleteFrom("master_key").execute();
    await expect(openKeyRing([wrong], store)).rejects.toThrow(/sealed with another master key.*abandon/s);
    expect((await openKeyRing([wrong, old], store)).sealer("totp-secrets")).toBeDefined();
    // The signing keys of which somebody has deleted.
    await db.deleteFrom("master_key").execute();
    await db.deleteFrom("signing_keys").execute();
    const logger = createRecordingLogger();
    await using watch = await watchKeyRing({ ring: await openKeyRing([wrong], store), places, logger });
    expect(watch.state()).toBe("mixed");
    expect(logger.lines).toMatchObject([
      { level: "error", event: "master_key.mixed", fields: { unreadable: 9 } },
    ]);
  });
});
