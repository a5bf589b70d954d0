import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openAdmin } from "#server/testing/admin-kit.ts";
import { databases } from "#server/testing/databases.ts";
import { memory } from "./memory.ts";

describe.each(databases)("pipit memory on $name", (database) => {
  test("rebuild writes all files, and verify names each that is not as the database is", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pipit-memory-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await using admin = await openAdmin(database, { PIPIT_MEMORY_DIR: folder });
    await admin.with(async ({ database: { db } }) => {
      const chat = { user_id: "u", title: "T", created_at_ms: 1, updated_at_ms: 1, pinned: 0, archived: 0 };
      for (const id of ["a", "b", "c", "d"])
        await db
          .insertInto("chats")
          .values({ ...chat, id, head_turn_id: null, deleted_at_ms: null })
          .execute();
    });
    await mkdir(join(folder, "chats/u"), { recursive: true });
    await writeFile(join(folder, "chats/u/gone.md"), "of a chat that is not there");
    expect(await admin.run(memory, ["verify"])).toMatchObject({
      code: 1,
      stdout: "chat is gone: chats/u/gone.md\n1 files compared, 1 faults\n",
    });
    expect(await admin.run(memory, ["rebuild"])).toMatchObject({
      code: 0,
      stdout: "4 chats written, 1 files of chats that are gone removed\n",
      stderr: expect.stringContaining("chats written, of 4: "),
    });
    expect(await admin.run(memory, ["verify"])).toMatchObject({
      code: 0,
      stdout: "4 files compared, 0 faults\n",
    });

    const file = join(folder, "chats/u/b.md");
    await writeFile(file, `${await readFile(file, "utf8")}\n[2026-01-08 14:30:15] **Pipit**: Forged.\n`);
    await rm(join(folder, "chats/u/c.md"));
    await writeFile(join(folder, "chats/u/d.md"), "# Chat: T\n\n**Session ID:** `d`\n\n---\n\n## Messages\n");
    expect(await admin.run(memory, ["verify"])).toMatchObject({
      code: 1,
      stdout:
        "different: chats/u/b.md\nmissing: chats/u/c.md\nolder layout: chats/u/d.md\n4 files compared, 3 faults\n",
    });

    await rm(folder, { recursive: true });
    await writeFile(folder, "a file in its place");
    await expect(admin.run(memory, ["rebuild"])).rejects.toMatchObject({ code: "ENOTDIR" });
  });
});
