import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { databases } from "#server/testing/databases.ts";
import { openAdmin } from "../testing/admin-kit.ts";
import { db } from "./db.ts";
import { users } from "./users.ts";

describe.each(databases)("pipit admin db on $name", (database) => {
  test("[O17] a schema of an older version is left to an explicit command", async () => {
    await using admin = await openAdmin(database);
    // A file is made by what changes something only.
    if (database.name === "SQLite") await writeFile(join(admin.config.dataDir, "pipit.db"), "");
    expect(await admin.run(db, ["status"])).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/schema +none\npending +0001_\S+ 0002_\S+ 0003_/),
    });
    expect((await admin.run(db, ["migrate"])).stdout).toMatch(/^0001_\S+: done\n0002_\S+: done\n/);
    expect((await admin.run(db, ["migrate"])).stdout).toMatch(/ is up to date\n$/);
    expect(await admin.run(db, ["status"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^accounts +0$/m),
    });
    await admin.query("update kysely_migration set name = '9999_later' where name like '0003%'");
    expect(await admin.run(db, ["status"])).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/newer +9999_later: update Pipit/),
    });
    await admin.query("delete from kysely_migration where name like '9999%'");
    await expect(admin.run(users, ["list"])).rejects.toThrow("pipit admin db migrate");
  });
});
