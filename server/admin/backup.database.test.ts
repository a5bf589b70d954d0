import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openAdmin, runAdmin } from "#server/testing/admin-kit.ts";
import { databases } from "#server/testing/databases.ts";
import { restoreProvenAtMs } from "../store/sql/milestone-store.ts";
import { backup } from "./backup.ts";
import { db } from "./db.ts";
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
  });
});
