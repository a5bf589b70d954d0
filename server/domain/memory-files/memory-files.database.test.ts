import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { databases, sqlite, type DatabaseStore } from "#server/testing/databases.ts";
import { fillDisk, mountSmallDisk } from "#server/testing/small-disk.ts";
import { chat, ending, beginning } from "#server/testing/turn-store-kit.ts";
import { readChatFile } from "./chat-file.ts";
import { MemoryFiles } from "./memory-files.ts";
import { MemoryFolder } from "./memory-folder.ts";

const running = new AbortController().signal;

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pipit-memory-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function openFiles({ store, logger }: Pick<DatabaseStore, "store" | "logger">, folder: string) {
  const files = new MemoryFiles(store.memoryFiles, new MemoryFolder(folder), logger);
  onTestFinished(() => files[Symbol.asyncDispose]());
  return files;
}

async function addAccount({ store }: DatabaseStore): Promise<void> {
  await store.auth.accounts.create({
    id: "user-1",
    login: "ann",
    displayName: "Ann",
    about: "I grow roses.",
    email: undefined,
    role: "user",
    local: false,
    active: true,
    createdAtMs: Date.UTC(2026, 0, 8),
    updatedAtMs: Date.UTC(2026, 0, 8),
    lastLoginAtMs: undefined,
    passwordHash: undefined,
  });
}

/** Asks and answers. */
async function say({ store }: Pick<DatabaseStore, "store">, turnId: string, text = "Noon."): Promise<void> {
  await store.turns.begin(beginning({ turnId, clientMessageId: `message-${turnId}` }));
  await store.turns.finish(ending({ turnId, assistantText: text }));
}

const read = async (folder: string): Promise<string> =>
  readFile(join(folder, "chats/user-1/chat-1.md"), "utf8").catch(() => "");
const answersIn = (file: string) =>
  readChatFile(file)?.flatMap(({ role, text }) => (role === "assistant" ? [text] : []));

describe.each(databases)("memory files on $name", (database) => {
  test("follow what is said, renamed, deleted and restored, and are for their owner only", async () => {
    await using temporary = await database.open();
    const { store } = temporary;
    const folder = join(await temporaryFolder(), "memory");
    const files = openFiles(temporary, folder);
    await addAccount(temporary);
    await store.chats.create(chat);
    await say(temporary, "turn-1");
    await files.write(running);
    const first = await read(folder);
    expect(first).toContain("# Chat Session\nID: chat-1\nTitle: First\nUser: Ann (user-1)\nAgent: Pipit\n");
    expect(first).toContain("\n---\n\n## Conversation\n\n[1970-01-01 00:00:01] **Ann**: What is the time?\n");
    expect(await readFile(join(folder, "users/user-1/user.md"), "utf8")).toBe(
      "# User Profile\n\n## Identity\n- **ID:** user-1\n- **Login:** ann\n- **Display Name:** Ann\n" +
        "- **Registered:** 2026-01-08 00:00:00 UTC\n\n## About\nI grow roses.\n\n## Preferences\n(none yet)\n",
    );
    for (const [path, mode] of [
      ["", 0o700],
      ["chats/user-1", 0o700],
      ["chats/user-1/chat-1.md", 0o600],
      ["users/user-1/user.md", 0o600],
    ] as const)
      expect((await stat(join(folder, path))).mode & 0o777).toBe(mode);

    await say(temporary, "turn-2", "One\n# o'clock");
    await files.write(running);
    const second = await read(folder);
    expect(second.startsWith(first.slice(0, first.indexOf("Updated: ")))).toBe(true);
    expect(answersIn(second)).toEqual(["Noon.", "One\n# o'clock"]);
    // As if it had been written at once.
    await store.memoryFiles.refile();
    await openFiles(temporary, folder).write(running);
    expect(await read(folder)).toBe(second);

    await store.chats.update("user-1", "chat-1", { title: "Time" });
    await say(temporary, "turn-3", "Two.");
    await store.turns.remove("user-1", "chat-1", "turn-1");
    await files.write(running);
    expect(answersIn(await read(folder))).toEqual(["One\n# o'clock", "Two."]);
    expect(await read(folder)).toContain("Title: Time\n");
    await store.turns.restore("user-1", "chat-1", "turn-1");
    await store.auth.accounts.update("user-1", { displayName: "Anna" }, 5);
    await files.write(running);
    expect(answersIn(await read(folder))).toEqual(["Noon.", "One\n# o'clock", "Two."]);
    expect(await read(folder)).toContain("User: Anna (user-1)\n");

    await writeFile(join(folder, "chats/user-1/chat-1.md.tmp"), "left by a server that was killed");
    await store.chats.remove("user-1", "chat-1");
    await files.write(running);
    expect(await readdir(join(folder, "chats/user-1"))).toEqual([]);
    await store.chats.restore("user-1", "chat-1");
    await files.write(running);
    expect(answersIn(await read(folder))).toHaveLength(3);
  });

  test("of a closed account go, and come back with it", async () => {
    await using temporary = await database.open();
    const { store } = temporary;
    const folder = await temporaryFolder();
    const files = openFiles(temporary, folder);
    await addAccount(temporary);
    await store.chats.create(chat);
    await say(temporary, "turn-1");
    await files.write(running);
    await store.auth.transaction((tx) => tx.accounts.update("user-1", { active: false }, 7));
    await say(temporary, "turn-2", "Late.");
    await files.write(running);
    expect(await readdir(join(folder, "chats"))).toEqual([]);
    expect(await readdir(join(folder, "users"))).toEqual([]);
    await store.auth.accounts.update("user-1", { active: true }, 8);
    await files.write(running);
    expect(answersIn(await read(folder))).toEqual(["Noon.", "Late."]);
  });

  test("that a killed server did not write are made up, and no others", async () => {
    await using temporary = await database.open();
    const { store } = temporary;
    const folder = await temporaryFolder();
    await store.chats.create({ ...chat, id: "chat-2" });
    await store.chats.create(chat);
    await store.chats.create({ ...chat, id: "../../evil" });
    await openFiles(temporary, folder).write(running);
    const untouched = await stat(join(folder, "chats/user-1/chat-2.md"));
    await say(temporary, "turn-1");
    const after = openFiles(temporary, folder);
    let written = 0;
    await after.write(running, () => (written += 1));
    expect(written).toBe(1);
    expect(answersIn(await read(folder))).toEqual(["Noon."]);
    expect((await stat(join(folder, "chats/user-1/chat-2.md"))).ino).toBe(untouched.ino);
    // In a database that was restored a chat may be missing.
    await mkdir(join(folder, "chats/user-9"));
    await writeFile(join(folder, "chats/user-9/chat-9.md"), "");
    expect(await after.sweep(running)).toBe(1);
    expect(await readdir(join(folder, "chats/user-1"))).toEqual(["chat-1.md", "chat-2.md"]);
    expect(await readdir(join(folder, ".."))).not.toContain("evil.md");
  });
});

test("a folder that cannot be written is said once, loses nothing, and is written when it can be", async ({
  skip,
}) => {
  const disk = await mountSmallDisk(256 * 1024);
  if (disk === undefined) return skip("only root may mount a small disk");
  await using temporary = await sqlite.open();
  const { store, logger } = temporary;
  const files = openFiles(temporary, join(disk, "memory"));
  const memory = join(disk, "memory");
  await store.chats.create(chat);
  await files.write(running);
  const before = await read(memory);
  await fillDisk(join(disk, "filler"));
  await say(temporary, "turn-1", "long ".repeat(2_000));
  await files.write(running);
  await files.write(running);
  expect(files.state).toBe("full");
  expect([await read(memory), await readdir(join(memory, "chats/user-1"))]).toEqual([before, ["chat-1.md"]]);
  await rm(join(disk, "filler"));
  await files.write(running);
  expect(files.state).toBe("written");
  expect(answersIn(await read(memory))).toEqual(["long ".repeat(2_000)]);

  await say(temporary, "turn-2");
  await rm(join(memory, "chats/user-1"), { recursive: true });
  await writeFile(join(memory, "chats/user-1"), "a file in its place");
  await files.write(running);
  expect(files.state).toBe("failing");
  await rm(join(memory, "chats/user-1"));
  await files.write(running);
  expect(answersIn(await read(memory))).toHaveLength(2);
  expect(logger.lines.map(({ level, event, fields }) => [level, event, fields["state"]])).toEqual([
    ["error", "memory_files.not_written", "full"],
    ["info", "memory_files.written_again", "written"],
    ["error", "memory_files.not_written", "failing"],
    ["info", "memory_files.written_again", "written"],
  ]);
});
