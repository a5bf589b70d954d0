import { expect, test } from "vitest";
import { createCliHome } from "#tests/integration/cli-process.ts";
import { startTestServer } from "#tests/integration/start-test-server.ts";

test("pipit api-keys makes a key for a script, lists it without it, and ends it", async () => {
  await using pipit = await createCliHome();
  await using server = await startTestServer({ home: pipit.home });
  const made = await pipit.runHere(["api-keys", "create", "backup", "--scope", "api:read", "--days", "7"]);
  expect([made.code, made.stdout]).toEqual([0, expect.stringMatching(/^pipit_[\w-]{43}\n$/)]);
  expect(made.stderr).toContain("backup: api:read · until ");
  const key = made.stdout.trim();
  const ask = () => fetch(`${server.httpUrl}/v1/chats`, { headers: { authorization: `Bearer ${key}` } });
  expect((await ask()).status).toBe(200);

  const listed = await pipit.runHere(["api-keys", "list"], { env: { LANG: "ru_RU.UTF-8" } });
  expect(listed.stdout).toMatch(/^[\w-]{36} {2}backup {2}api:read · до \d{4}-\d\d-\d\d · использован /);
  expect(listed.stdout).not.toContain(key.slice(6));
  const [id = ""] = listed.stdout.split(" ");
  expect((await pipit.runHere(["api-keys", "revoke", id])).code).toBe(0);
  expect((await ask()).status).toBe(401);
  const again = await pipit.runHere(["api-keys", "revoke", id]);
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("no API key of this id")]);
  const wrong = await pipit.runHere(["api-keys", "create", "x", "--days", "1000"]);
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("1 to 366")]);
});
