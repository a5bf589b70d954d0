import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { COMMON_ROOM } from "#server/domain/rooms/ports.ts";
import { auditKeyOf } from "#server/domain/audit/audit-key.ts";
import { openAdmin, type TestAdmin } from "#server/testing/admin-kit.ts";
import { databases } from "#server/testing/databases.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { beginning, ending } from "#server/testing/turn-store-kit.ts";
import { copiedTables } from "../store/copy/copy-database.ts";
import { openStore, type Store } from "../store/store.ts";
import { audit } from "./audit.ts";
import { memory } from "./memory.ts";
import { users } from "./users.ts";

const PASSWORD = "Correct-Horse-7-battery";
const TURNS = 120;

/** Two people with the same things, in the words of each. */
async function fill(admin: TestAdmin, login: string): Promise<string> {
  await admin.run(users, ["add", login, "--email", `${login}@example.com`, "--password-stdin"], PASSWORD);
  const shown = JSON.parse((await admin.run(users, ["show", login, "--json"])).stdout) as { id: string };
  const userId = shown.id;
  await withStore(admin, async (store) => {
    const times = { createdAtMs: 1, updatedAtMs: 1 };
    const chatId = `chat-${login}`;
    await store.chats.create({ id: chatId, userId, title: `${login}-title`, ...times });
    for (let n = 0; n < TURNS; n++) {
      const one = { turnId: `${chatId}-${n}`, userId, chatId };
      const text = `${login}-question ${n}`;
      const files = [
        { name: `${login}.txt`, mediaType: "text/plain", sizeBytes: 5, text: `${login}-file`, cut: false },
      ];
      await store.turns.begin(
        beginning({ ...one, clientMessageId: `m-${login}-${n}`, userText: text, ...(n === 0 && { files }) }),
      );
      await store.turns.finish(ending({ ...one, assistantText: `${login}-answer` }));
    }
    await store.auth.memories.add({
      id: `memory-${login}`,
      userId,
      text: `${login}-memory`,
      sourceTurn: undefined,
      createdAtMs: 1,
    });
    const said = { roomId: COMMON_ROOM, authorId: userId, clientMessageId: `r-${login}`, replyTo: undefined };
    await store.rooms.append({ id: `said-${login.length}`, text: `${login}-said`, ...said });
    const event = { eventId: "e", eventType: "t", aggregateId: "a", nodeId: "n", lamportClock: 1 };
    await store.programEvents.add(userId, [{ ...event, data: `{"word":"${login}-event"}` }]);
    const report = { id: `u-${login}`, userId, hardwareId: `${login}-hardware`, sessionId: "s", source: "s" };
    await store.usage.add({ ...report, model: "m", inputTokens: 1, outputTokens: 1, createdAtMs: 1 });
  });
  return userId;
}

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), "pipit-erase-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function withStore(admin: TestAdmin, work: (store: Store) => Promise<void>): Promise<void> {
  const { location, auditKey } = await admin.with(async ({ config, masterKey }) => ({
    location:
      config.databaseUrl === undefined
        ? { file: join(config.dataDir, "pipit.db") }
        : { databaseUrl: config.databaseUrl },
    auditKey: auditKeyOf(masterKey),
  }));
  await using store = await openStore({
    ...location,
    auditKey,
    clock: admin.clock,
    logger: createRecordingLogger(),
  });
  await work(store);
}

async function rowsOf(admin: TestAdmin, tables: readonly string[]): Promise<string> {
  const rows = await Promise.all(tables.map((table) => admin.query(`select * from ${table}`)));
  return JSON.stringify(rows);
}

async function bytesOf(folder: string): Promise<string> {
  const found: string[] = [];
  for (const name of await readdir(folder, { recursive: true })) {
    const path = join(folder, name);
    if ((await stat(path)).isFile()) found.push(name, await readFile(path, "latin1"));
  }
  return found.join("\n");
}

/** Where a word stands; "" for nowhere. */
function around(text: string, word: string): string {
  const at = text.indexOf(word);
  return at < 0 ? "" : text.slice(Math.max(0, at - 100), at + 100);
}

describe.each(databases)("pipit admin users erase, on $name", (database) => {
  test(
    "[O10] leaves nothing of a person but the id in the audit, and all of everybody else",
    { timeout: 180_000 },
    async () => {
      await using kept = await temporaryFolder();
      const memoryDir = join(kept.path, "memory");
      await using admin = await openAdmin(database, { PIPIT_MEMORY_DIR: memoryDir });
      const id = await fill(admin, "quetzal");
      await fill(admin, "bob");
      await admin.run(memory, ["rebuild"]);
      const folder = database.name === "SQLite" ? admin.config.dataDir : memoryDir;
      const file = join(kept.path, "export.json");

      // Nothing is done by mistake.
      for (const args of [
        [],
        ["--yes"],
        ["--export", file, "--without-export", "--yes"],
        ["--without-export"],
      ]) {
        await expect(admin.run(users, ["erase", "quetzal", ...args])).rejects.toMatchObject({
          code: "USAGE",
        });
      }
      await writeFile(`${file}.taken`, "mine");
      await expect(
        admin.run(users, ["erase", "quetzal", "--yes", "--export", `${file}.taken`]),
      ).rejects.toMatchObject({ code: "INVALID_REQUEST" });
      expect(await admin.query("select is_active from accounts where id = $1", id)).toEqual([
        { is_active: 1 },
      ]);

      const { code, stdout } = await admin.run(users, ["erase", "quetzal", "--yes", "--export", file]);
      expect([code, stdout]).toEqual([
        0,
        `Erased quetzal. The audit keeps the id ${id}, which stands nowhere else any more.\n`,
      ]);

      const exported = await readFile(file, "utf8");
      for (const word of ["title", "question 119", "answer", "memory", "said", "event", "hardware", "file"]) {
        expect(exported).toContain(`quetzal-${word}`);
      }
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      const tables = copiedTables.map(({ name }) => name);
      expect(around(await rowsOf(admin, tables), "quetzal")).toBe("");
      const others = tables.filter((name) => name !== "audit_events");
      expect(around(await rowsOf(admin, others), id)).toBe("");
      for (const place of [folder, memoryDir]) {
        const bytes = await bytesOf(place);
        expect([place, around(bytes, "quetzal")]).toEqual([place, ""]);
        expect(bytes.includes("bob-answer")).toBe(true);
      }
      const words = await admin.query("select count(*) as n from turns");
      expect(words.map(({ n }) => Number(n))).toEqual([TURNS]);
      // Others read that something stood there.
      expect(
        await admin.query("select text, kind from room_messages where id = 'said-7' and deleted_at_ms > 0"),
      ).toEqual([{ text: "", kind: "message" }]);
      // Windows that show it are told of it, after all that was there.
      const told = await admin.query(
        `select m.seq < c.seq as later from room_messages m join room_messages c on c.changes = m.id and c.kind = 'changed'
         where m.id = 'said-7'`,
      );
      expect(told.map(({ later }) => Boolean(later))).toEqual([true]);
      expect((await admin.run(audit, ["list", "--event", "account.erased", "--json"])).stdout).toContain(id);
      expect(await admin.run(audit, ["verify"])).toMatchObject({ code: 0 });
      await expect(admin.run(users, ["erase", "quetzal", "--yes", "--without-export"])).rejects.toMatchObject(
        {
          code: "INVALID_REQUEST",
        },
      );
    },
  );
});
