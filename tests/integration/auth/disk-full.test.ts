import { rm } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { fillDisk, mountSmallDisk } from "#server/testing/small-disk.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { startTestServer } from "../start-test-server.ts";
import { openWire, type WireAnswer } from "#tests/testing/auth/keep-alive-wire.ts";

/** Size of the disk; a fresh server needs about a third of it. */
const DISK_BYTES = 4 * 1024 * 1024;
/** SQLite writes over old pages of its journal before it asks for new ones. */
const MAX_REQUESTS = 2_000;
const IMPORT_BYTES = 64 * 1024;
const PASSWORD = "Correct-horse-1";

test("a full disk is said to be one, leaves nothing half-written, and is forgotten once there is space again", async ({
  skip,
}) => {
  const folder = await mountSmallDisk(DISK_BYTES);
  if (folder === undefined) return skip("only root may mount a small disk");
  const logger = createRecordingLogger();
  const told = (event: string) => logger.lines.filter((line) => line.event === event).length;
  await using server = await startTestServer({ home: folder, deps: { logger } });
  using wire = openWire(4);
  const tokenUrl = `${server.httpUrl}/oauth/token`;
  const refresh = (token: string): Promise<WireAnswer> =>
    wire.post(tokenUrl, { grant_type: "refresh_token", client_id: "pipit-cli", refresh_token: token });
  const asJson = (path: string, body: object): Promise<WireAnswer> =>
    wire.send({
      url: server.httpUrl + path,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const signIn = (): Promise<WireAnswer> =>
    wire.post(tokenUrl, {
      grant_type: "password",
      client_id: "pipit-cli",
      username: "ann",
      password: PASSWORD,
    });
  expect((await asJson("/auth/register", { login: "ann", password: PASSWORD })).status).toBe(200);

  let token = server.refreshToken;
  const filler = join(folder, "filler");
  await fillDisk(filler);
  let answer = await refresh(token);
  for (let count = 1; answer.status === 200 && count < MAX_REQUESTS; count++) {
    token = String(answer.body["refresh_token"]);
    answer = await refresh(token);
  }
  for (const refused of [answer, await refresh(token), await signIn()]) {
    expect([refused.status, refused.body["error"]]).toEqual([507, "server_error"]);
    expect(refused.body["error_description"]).toMatch(/disk is full/);
    expect(refused.text).not.toContain(folder);
  }
  const registered = await asJson("/auth/register", { login: "bob", password: PASSWORD });
  expect([registered.status, registered.body["error"]]).toMatchObject([507, { code: "STORAGE_FULL" }]);
  // Reading needs no space; /health says so (S13).
  const health = () => wire.send({ method: "GET", url: `${server.httpUrl}/health` });
  const full = await health();
  expect([full.status, full.body]).toMatchObject([200, { status: "degraded", storage: "full" }]);
  const bearer = { authorization: `Bearer ${server.accessToken}` };
  const importFile = () =>
    wire.send({ url: `${server.httpUrl}/v1/chats/import`, headers: bearer, body: "[".repeat(IMPORT_BYTES) });
  for (let times = 0; times < 2; times++) expect((await importFile()).status).toBe(507);
  const sessions = await wire.send({
    method: "GET",
    url: `${server.httpUrl}/oauth/sessions`,
    headers: bearer,
  });
  expect(sessions.status).toBe(200);
  // However many requests fail, the log has a line for the database, and one for the files that are sent.
  const lines = [
    "store.not_writable",
    "import.disk_full",
    "store.writable",
    "import.disk_free",
    "http.failed",
  ];
  expect(lines.map(told)).toEqual([1, 1, 0, 0, 0]);

  await rm(filler);
  expect((await health()).body).toMatchObject({ status: "healthy", storage: "writable" });
  // It is no export.
  expect((await importFile()).status).toBe(415);
  expect(lines.map(told)).toEqual([1, 1, 1, 1, 0]);
  const after = await refresh(token);
  expect(after.status).toBe(200);
  expect((await signIn()).status).toBe(200);
  const bob = await asJson("/auth/register", { login: "bob", password: PASSWORD });
  expect([bob.status, bob.body["login"]]).toEqual([200, "bob"]);

  const database = new Database(join(server.dataDir, "pipit.db"), { readonly: true });
  try {
    expect(database.pragma("integrity_check", { simple: true })).toBe("ok");
    expect(database.prepare("select count(*) from accounts where login = 'bob'").pluck().get()).toBe(1);
    const forks =
      "select family_id from refresh_tokens where consumed_at_ms is null group by 1 having count(*) > 1";
    expect(database.prepare(forks).all()).toEqual([]);
  } finally {
    database.close();
  }
});
