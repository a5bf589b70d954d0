import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openAdmin } from "#server/testing/admin-kit.ts";
import { databases } from "#server/testing/databases.ts";
import { fillDisk, mountSmallDisk } from "#server/testing/small-disk.ts";
import { openDataFolder } from "../lifecycle/data-folder.ts";
import { db } from "./db.ts";
import { users } from "./users.ts";

const PASSWORD = "Correct-Horse-7-battery";
/** Of a disk for a few backups. */
const SMALL_DISK_BYTES = 8 * 1024 * 1024;

describe.each(databases)("pipit admin db, on $name", (database) => {
  test("[O10] [O20] backup writes a new file for its owner only, and vacuum gives the space of what was removed back", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pipit-backup-"));
    await using cleanup = new AsyncDisposableStack();
    cleanup.defer(() => rm(folder, { recursive: true, force: true }));
    await using admin = await openAdmin(database);
    await admin.run(users, ["add", "ann", "--password-stdin"], PASSWORD);
    const file = join(folder, "backup");
    expect(await admin.run(db, ["backup", file])).toMatchObject({
      code: 0,
      stdout: `Wrote ${file}: ${(await stat(file)).size} bytes\n`,
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const begin = (await readFile(file)).subarray(0, 5).toString("latin1");
    expect(begin).toBe(database.name === "SQLite" ? "SQLit" : "PGDMP");
    await writeFile(join(folder, "mine"), "mine");
    await expect(admin.run(db, ["backup", join(folder, "mine")])).rejects.toMatchObject({
      code: "INVALID_REQUEST",
    });
    await expect(admin.run(db, ["backup", join(folder, "no", "place")])).rejects.toMatchObject({
      code: "STORAGE_UNREADABLE",
    });
    expect((await readdir(folder)).toSorted()).toEqual(["backup", "mine"]);
    expect(await readFile(join(folder, "mine"), "utf8")).toBe("mine");

    if (database.name === "PostgreSQL") {
      expect(await admin.run(db, ["vacuum"])).toMatchObject({ code: 0 });
      return;
    }
    const path = join(admin.config.dataDir, "pipit.db");
    await admin.query("create table ballast (b text)");
    await admin.query(
      "insert into ballast select hex(randomblob(2000)) from audit_chains, audit_chains a, audit_chains b",
    );
    await admin.query("drop table ballast");
    const { size } = await stat(path);
    {
      await using server = new AsyncDisposableStack();
      server.use(await openDataFolder(admin.config.dataDir));
      await expect(admin.run(db, ["vacuum"])).rejects.toMatchObject({ code: "DATA_FOLDER_IN_USE" });
    }
    expect(await admin.run(db, ["vacuum"])).toMatchObject({ code: 0 });
    expect((await stat(path)).size).toBeLessThan(size / 5);
    expect((await admin.run(users, ["list"])).stdout).toContain("ann");
  });

  test("a backup onto a full disk is said to be one, leaves nothing behind, and works once there is room", async ({
    skip,
  }) => {
    const small = await mountSmallDisk(SMALL_DISK_BYTES);
    if (small === undefined) return skip("only root may mount a small disk");
    await using admin = await openAdmin(database);
    await admin.run(db, ["migrate"]);
    const target = join(small, "backup");
    await fillDisk(join(small, "filler"));
    await expect(admin.run(db, ["backup", target])).rejects.toMatchObject({
      code: "STORAGE_FULL",
      message: expect.stringContaining(small) as unknown,
    });
    expect(await readdir(small)).toEqual(["filler"]);
    await rm(join(small, "filler"));
    expect(await admin.run(db, ["backup", target])).toMatchObject({ code: 0 });
  });
});
