import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { claudeExport } from "#tests/testing/claude-export.ts";
import { runPipit } from "#tests/testing/run-pipit.ts";
import { jsonLines } from "../cli-process.ts";
import { startTestServer, type TestServer } from "../start-test-server.ts";

let server: TestServer;
let home: string;
beforeAll(async () => {
  // The clock stands still: what was deleted can be brought back, however slow the machine is.
  const nowMs = Date.now();
  home = await mkdtemp(join(tmpdir(), "pipit-chats-"));
  server = await startTestServer({ home, deps: { clock: { nowMs: () => nowMs } } });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

const pipit = (...args: readonly string[]) => runPipit(args, { home });
const chats = (...args: readonly string[]) => pipit("chats", ...args);
const api = async (method: string, path: string, body?: object) => {
  const response = await fetch(server.httpUrl + path, {
    method,
    headers: { authorization: `Bearer ${server.accessToken}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return (await response.json()) as { id: string; data: readonly { id: string }[] };
};
/** What the server lists. */
const ids = async (archived = false) =>
  (await api("GET", `/v1/chats?archived=${archived}`)).data.map(({ id }) => id);

test("pipit chats lists, shows, finds, renames, pins, archives, deletes and brings back by the beginning of an id", async () => {
  expect((await pipit("chat", "--once", "Do herons nest?", "--save", "--no-audio")).code).toBe(0);
  const [heron = ""] = await ids();
  const { id: other } = await api("POST", "/v1/chats", { title: "Nothing yet" });
  const short = heron.slice(0, 8);

  const listed = await chats("list", "--limit", "1");
  expect(listed.out).toMatch(/^[\da-f]{8} {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}[^\n]+\n$/);
  expect(listed.err).toContain("There are more");
  expect((await chats("search", "herons")).out).toMatch(new RegExp(`^${short} `));
  expect((await chats("search", "herons", "--chat", other)).err).toContain('Nothing found for "herons"');

  // A mark of direction that titles may have is shown, not done.
  expect((await chats("rename", short, "Grey\u200F", "heron")).err).toBe(
    'The chat is called "Grey\\u{200f} heron" now.\n',
  );
  await api("PUT", `/v1/chats/${heron}`, { unread: true });
  expect((await chats("list")).out).toMatch(/heron {2}\(unread\)\n/u);
  expect((await chats("pin", short)).code).toBe(0);
  expect((await chats("archive", other)).code).toBe(0);
  const [kept, ...others] = jsonLines((await chats("list", "--json")).out);
  expect([kept, others]).toMatchObject([{ id: heron, pinned: true, archived: false }, []]);
  expect(await ids(true)).toEqual([other]);

  const deleted = await chats("delete", short);
  expect(deleted).toMatchObject({ code: 0, err: expect.stringContaining(`pipit chats restore ${heron}`) });
  expect(await ids()).toEqual([]);
  expect(await chats("show", short)).toMatchObject({ code: 1, err: expect.stringContaining("no chat") });
  expect((await chats("restore", heron)).code).toBe(0);
  expect(await chats("restore", heron)).toMatchObject({
    code: 1,
    err: expect.stringContaining("Nothing to"),
  });

  expect((await pipit("chat", "--once", "And its eggs?", "--chat", short, "--no-audio")).code).toBe(0);
  expect((await chats("list")).out).not.toContain("unread");
  expect((await chats("show", heron)).out).toContain("you: And its eggs?");
  const away = { PIPIT_SERVER_URL: "http://127.0.0.1:9", PIPIT_GRPC_URL: "127.0.0.1:9" };
  expect(await runPipit(["chats", "list"], { home, env: away })).toMatchObject({ code: 4, out: "" });
});

test("pipit chats export writes what the server exports, for one chat and all, to a private file or stdout", async () => {
  const { id } = await api("POST", "/v1/chats", { title: "For a file" });
  const file = join(home, "chats.json");
  const written = await chats("export", "--output", file);
  expect(written).toMatchObject({ code: 0, out: "", err: expect.stringContaining(`${file} is written`) });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const { exported_at: _, ...told } = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  const { exported_at: __, ...expected } = (await api("GET", "/v1/chats/export")) as object as typeof told;
  expect(told).toEqual(expected);

  const page = await chats("export", id.slice(0, 8), "--format", "markdown");
  expect(page).toMatchObject({ code: 0, err: "", out: expect.stringMatching(/^# Chat Session\nID: /) });
  const unwritable = await chats("export", "--output", join(home, "none", "chats.json"));
  expect(unwritable).toMatchObject({ code: 1, err: expect.stringContaining("cannot be used") });
});

test("pipit chats import sends an export, tells what came of it, and takes what was deleted since only with --again", async () => {
  const file = join(home, "conversations.json");
  await writeFile(file, claudeExport());

  const first = await chats("import", file, "--json");
  expect([first.code, first.err, ...jsonLines(first.out)]).toEqual([
    0,
    "",
    {
      origin: "claude",
      made: 1,
      extended: 0,
      unchanged: 0,
      turns: 1,
      skipped: { empty: 1 },
      skippedChats: [{ title: "Nothing said", reason: "empty" }],
      leftOut: { pictures: 0, files: 0, cut: 0 },
    },
  ]);
  const [found] = jsonLines((await chats("search", "terns", "--json")).out);
  expect(found).toMatchObject({ chatTitle: "Terns" });
  expect((await chats("delete", String(found?.chatId))).code).toBe(0);
  const nothingNew =
    "New chats: 0. Continued: 0. Here already: 0. Questions added: 0.\nLeft out: 1, deleted here (--again brings them back):\n  Terns\nLeft out: 1, empty:\n  Nothing said\n";
  expect(await chats("import", file)).toEqual({ code: 0, out: "", err: nothingNew });
  expect((await chats("import", file, "--again")).err).toContain("New chats: 1.");

  const notJson = join(home, "page.html");
  await writeFile(notJson, "<html>");
  expect(await chats("import", notJson)).toMatchObject({ code: 1, err: expect.stringContaining("export") });
  for (const none of [join(home, "none.json"), home])
    expect(await chats("import", none)).toMatchObject({
      code: 2,
      err: expect.stringContaining("cannot be read"),
    });
});

test("with history_file, what is said is added to a private file of this home, and a temporary chat is not", async () => {
  await writeFile(join(home, "config.toml"), "history_file = true\n");
  const folder = join(home, "history");
  const passing = await pipit("chat", "--once", "just this once", "--json", "--no-audio");
  const { chatId } = jsonLines(passing.out).find(({ type }) => type === "turn") ?? {};
  // Another program goes on with it.
  const again = await pipit("chat", "--once", "and again", "--chat", String(chatId), "--no-audio");
  expect([again.code, existsSync(folder)]).toEqual([0, false]);
  expect((await pipit("chat", "--once", "what is 6*7?", "--save", "--no-audio")).code).toBe(0);
  await rm(join(home, "config.toml"));
  const [name = "", ...others] = await readdir(folder);
  expect(others).toEqual([]);
  expect(jsonLines(await readFile(join(folder, name), "utf8"))).toMatchObject([
    { status: "done", question: "what is 6*7?", answer: expect.stringContaining("6*7 = 42") },
  ]);
});
