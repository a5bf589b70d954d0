import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openAdmin, runAdmin } from "#server/testing/admin-kit.ts";
import { databases, sqlite } from "#server/testing/databases.ts";
import { restoreProvenAtMs } from "../store/sql/milestone-store.ts";
import { loadMasterKeys, NEXT_MASTER_KEY_FILE } from "#server/domain/master-key/master-key.ts";
import { rotateMasterKey } from "#server/domain/master-key/rotate-master-key.ts";
import { createPrivateFile } from "#server/domain/secrets/private-file.ts";
import { createMasterKeyStore, sealedPlaces } from "../store/sql/master-key-store.ts";
import { backup } from "./backup.ts";
import { db } from "./db.ts";
import { masterKey } from "./master-key.ts";
import { users } from "./users.ts";

describe.each(databases)("pipit admin backup verify, on $name", (database) => {
  test("restores elsewhere and signs in there; says what is wrong with a backup of no use, and leaves nothing", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pipit-verify-"));
    await using cleanup = new AsyncDisposableStack();
    cleanup.defer(() => rm(folder, { recursive: true, force: true }));
    await using admin = await openAdmin(database);
    await admin.run(users, ["add", "ann", "--password-stdin"], "Correct-Horse-7-battery");
    const file = join(folder, "backup");
    expect(await admin.run(db, ["backup", file])).toMatchObject({ code: 0 });
    const provenAtMs = () => admin.with(({ database: live }) => restoreProvenAtMs(live.db));
    expect(await provenAtMs()).toBe(0);

    // Another master key: found out, and told.
    const auth = { ...admin.config.auth, masterKey: Buffer.alloc(32, "other").toString("base64") };
    await expect(runAdmin({ ...admin.config, auth }, backup, ["verify", file])).rejects.toThrow();
    const whole = await readFile(file);
    const half = join(folder, "half");
    await writeFile(half, whole.subarray(0, whole.length >> 1));
    await expect(admin.run(backup, ["verify", half])).rejects.toThrow();
    const other = join(folder, "other");
    await writeFile(other, "something");
    await expect(admin.run(backup, ["verify", other])).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    expect(await provenAtMs()).toBe(0);

    const { code, stdout, stderr } = await admin.run(backup, ["verify", file]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^accounts +1$/m);
    expect(stdout).toContain(`The backup ${file} can be restored\n`);
    expect(stderr).toContain("a server has started with it, opened its keys, and signed somebody in\n");
    expect(await provenAtMs()).toBeGreaterThan(0);
    // The trial was on the copy.
    expect((await admin.run(users, ["list"])).stdout).not.toContain("restore-");
    if (database.name === "PostgreSQL") {
      expect(
        await admin.query("select datname from pg_database where datname like 'pipit_restore%'"),
      ).toEqual([]);
    }
  }, 240_000);
});

test("pipit admin backup verify takes a backup from the midst of a change of the master key, which needs both", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pipit-verify-"));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  await using admin = await openAdmin(sqlite, { PIPIT_MASTER_KEY: "" });
  const { dataDir } = admin.config;
  await admin.run(users, ["add", "ann", "--password-stdin"], "Correct-Horse-7-battery");
  await createPrivateFile(join(dataDir, NEXT_MASTER_KEY_FILE), Buffer.alloc(32, "next"));
  const [, to] = await loadMasterKeys({ dataDir });
  if (to === undefined) throw new Error("no next key");
  const rotating = admin.with(({ masterKey: ring, database }) =>
    rotateMasterKey({
      ring,
      to,
      places: sealedPlaces(database.db),
      change: (_step, record) => createMasterKeyStore(database.db).replace(record.previousId ?? "", record),
      settleMs: 1,
      wait: () => Promise.reject(new Error("killed")),
      signal: new AbortController().signal,
    }),
  );
  await expect(rotating).rejects.toThrow("killed");
  const file = join(folder, "backup");
  expect(await admin.run(db, ["backup", file])).toMatchObject({ code: 0 });
  expect(await admin.run(backup, ["verify", file])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`The backup ${file} can be restored\n`),
  });
});

test("pipit admin backup verify says of a backup from before another master key what it needs, and takes it with both", async () => {
  await using admin = await openAdmin(sqlite, { PIPIT_MASTER_KEY: "" });
  const { dataDir } = admin.config;
  await admin.run(users, ["add", "ann", "--password-stdin"], "Correct-Horse-7-battery");
  const file = join(dataDir, "backup");
  expect(await admin.run(db, ["backup", file])).toMatchObject({ code: 0 });
  expect(await admin.run(masterKey, ["rotate"])).toMatchObject({ code: 0 });
  await expect(admin.run(backup, ["verify", file])).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringMatching(/^The backup is sealed with .* Set PIPIT_MASTER_KEY_PREVIOUS/) as unknown,
  });
  const old = (await readdir(dataDir)).find((name) => name.startsWith("master-key.old-")) ?? "";
  const [key = "", previous = ""] = await Promise.all(
    ["master-key", old].map(async (name) => (await readFile(join(dataDir, name))).toString("base64")),
  );
  const auth = { ...admin.config.auth, masterKey: key, masterKeyPrevious: previous };
  expect(await runAdmin({ ...admin.config, auth }, backup, ["verify", file])).toMatchObject({ code: 0 });
});
