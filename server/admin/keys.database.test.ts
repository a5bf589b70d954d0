import { describe, expect, test } from "vitest";
import { PUBLISH_AHEAD_MS } from "#server/domain/tokens/key-rotation.ts";
import { sqlite } from "#server/testing/databases.ts";
import { audit } from "./audit.ts";
import { keys } from "./keys.ts";
import { openAdmin, type TestAdmin } from "../testing/admin-kit.ts";

describe("pipit keys", () => {
  async function openWithKeys(): Promise<TestAdmin> {
    const admin = await openAdmin(sqlite);
    expect((await admin.run(keys, ["rotate"])).stdout).toMatch(/^RS256: made .*\nES256: made .*\n$/);
    return admin;
  }
  const statesOf = async (admin: TestAdmin): Promise<readonly string[]> =>
    (
      await admin.query("select algorithm, state from signing_keys order by algorithm, created_at_ms, state")
    ).map((row) => `${row["algorithm"]} ${row["state"]}`);

  test("a key is published first, and signs when every verifier can know it", async () => {
    await using admin = await openWithKeys();
    expect((await admin.run(keys, ["rotate", "--algorithm", "RS256"])).stdout).toMatch(
      /^RS256: published \S+; it signs from /,
    );
    expect(await statesOf(admin)).toEqual(["ES256 signing", "RS256 next", "RS256 signing"]);
    expect((await admin.run(keys, ["rotate", "--algorithm", "RS256"])).stdout).toMatch(
      /is published already/,
    );
    admin.clock.advance(PUBLISH_AHEAD_MS);
    expect((await admin.run(keys, ["rotate", "--algorithm", "RS256"])).stdout).toMatch(/signs now/);
    expect((await admin.run(keys, ["list"])).stdout.trim().split("\n").slice(1).toSorted()).toEqual([
      expect.stringMatching(/^ES256 +signing /),
      expect.stringMatching(/^RS256 +retired /),
      expect.stringMatching(/^RS256 +signing /),
    ]);
  });

  test("--now does not wait, and every step is in the audit", async () => {
    await using admin = await openWithKeys();
    admin.clock.advance(1000);
    const { stdout } = await admin.run(keys, ["rotate", "--now"]);
    expect(stdout).toMatch(/^RS256: \S+ signs now.*\nES256: \S+ signs now.*\n$/);
    expect(await statesOf(admin)).toEqual([
      "ES256 retired",
      "ES256 signing",
      "RS256 retired",
      "RS256 signing",
    ]);
    const events = (await admin.run(audit, ["list", "--json", "--event", "key.rotated"])).stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { data: { did: string } }).data.did);
    expect(events.toSorted()).toEqual(["made", "made", "prepared", "prepared", "promoted", "promoted"]);
    expect(await admin.run(audit, ["verify"])).toMatchObject({ code: 0 });
  });
});
