import { once } from "node:events";
import { readdirSync, readlinkSync } from "node:fs";
import { request, type ClientRequest, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { databases, sqlite } from "#server/testing/databases.ts";
import { chatGptConversation, exportOf } from "#tests/testing/foreign-exports.ts";
import { contentOf, openImportStage, type ImportStage } from "./import-stage.ts";

const CHATS = 300;
const OPEN_FILES = "/proc/self/fd";

/** An import whose body, or whose answer, is still to come. */
function begin({ auth }: ImportStage, token: string): ClientRequest {
  const asked = request(new URL("/v1/chats/import", auth.url), {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  });
  asked.on("error", () => {});
  return asked;
}

/** Files of imports that this process, and with it the server, has open. */
function spooled(): number {
  return readdirSync(OPEN_FILES).filter((fd) => {
    try {
      return /\/import-[\w-]+\.part/u.test(readlinkSync(join(OPEN_FILES, fd)));
    } catch {
      return false;
    }
  }).length;
}

function withoutIds(exported: string): string {
  return contentOf(exported).replaceAll(/[\da-f]{8}-[\da-f-]{27}/gu, "id");
}

const audited = async ({ auth }: ImportStage) => {
  const rows = await auth.query("select outcome, data from audit_events where event = 'chats.imported'");
  return rows.map(
    ({ outcome, data }) => [outcome, JSON.parse(String(data)) as Record<string, unknown>] as const,
  );
};

describe.each(databases)("an import that is left, on $name", ({ name }) => {
  test("[24] keeps whole chats, works on nothing more, is audited, and goes on the next time", async () => {
    await using stage = await openImportStage(name);
    const { ann, ben } = stage;
    const file = exportOf(chatGptConversation, CHATS);
    const asked = begin(stage, ann.token);
    asked.end(file);
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    answer.on("error", () => {});
    await once(answer, "data");
    // A second one of the account meanwhile; another account's is no matter of this.
    expect(await ann.importFile(file)).toMatchObject({
      status: 429,
      lines: [{ error: { code: "STREAM_LIMIT" } }],
    });
    expect((await ben.importFile(exportOf(chatGptConversation, 2))).report.chats.made).toBe(2);
    answer.destroy();
    await expect.poll(spooled).toBe(0);
    await expect.poll(async () => (await audited(stage)).length).toBe(2);
    const kept = (await ann.exported()).chats;
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(CHATS);
    expect(new Set(kept.map(({ messages }) => messages.length))).toEqual(new Set([8]));
    const { report } = await ann.importFile(file);
    expect(report.chats).toEqual({ made: CHATS - kept.length, extended: 0, unchanged: kept.length });
    const of = (made: number) => ({ made, extended: 0, turns: 4 * made, origin: "chatgpt" });
    const rows = await audited(stage);
    expect(rows.map(([outcome]) => outcome).toSorted()).toEqual(["failure", "success", "success"]);
    expect(rows).toContainEqual(["success", of(CHATS - kept.length)]);
    expect(rows).toContainEqual(["failure", of(kept.length)]);
    // As if it had come at once.
    const whole = (await ann.exported()).text;
    await using other = await openImportStage(name);
    await other.ann.importFile(file);
    expect(withoutIds((await other.ann.exported()).text)).toBe(withoutIds(whole));
  });
});

test("[24] four clients whose files come slowly keep nobody from importing, and leave no file open", async () => {
  await using stage = await openImportStage(sqlite.name);
  const slow = await Promise.all(
    ["c1", "c2", "c3", "c4"].map(async (id) => {
      await stage.auth.addAccount({ id, login: id });
      const { accessToken } = await stage.auth.signIn(id);
      const asked = begin(stage, accessToken);
      asked.write("[");
      return asked;
    }),
  );
  await expect.poll(spooled).toBe(slow.length);
  for (const account of [stage.ann, stage.ben]) {
    expect((await account.importFile(exportOf(chatGptConversation, 2))).report.chats.made).toBe(2);
  }
  for (const asked of slow) asked.destroy();
  await expect.poll(spooled).toBe(0);
});

test("[24] what an account downloads of itself is imported as its chats are", async () => {
  await using stage = await openImportStage(sqlite.name);
  const { ann, ben, auth } = stage;
  await ann.importFile(exportOf(chatGptConversation, 3));
  const all = await auth.get("/auth/export", { authorization: `Bearer ${ann.token}` });
  expect(all.status).toBe(200);
  const { report } = await ben.importFile(all.text);
  expect(report).toMatchObject({ origin: "pipit", chats: { made: 3 }, skipped: {}, problem: null });
  expect(withoutIds((await ben.exported()).text)).toBe(withoutIds((await ann.exported()).text));
});
