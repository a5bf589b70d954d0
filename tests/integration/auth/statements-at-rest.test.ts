import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "#server/store/testing/databases.ts";
import { jsonLines } from "../cli-process.ts";
import { startProgram, type ServedProgram } from "./served-program.ts";
import { useEverything } from "./use-everything.ts";

/** A secret as it may lie about: as it is, and as other programs write bytes. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    secret.replaceAll("-", ""),
    bytes.toString("hex"),
    bytes.toString("base64").replaceAll("=", ""),
    encodeURIComponent(secret),
  ];
}

describe.each(databases)("what is left on $name of everything that was done", ({ name }) => {
  let program: ServedProgram;
  let secrets: ReadonlyMap<string, string>;
  beforeAll(async () => {
    program = await startProgram(name, { PIPIT_MASTER_KEY: Buffer.alloc(32, 3).toString("base64") });
    secrets = await useEverything(program);
  });
  afterAll(() => program[Symbol.asyncDispose]());

  /** Everything that the database holds, byte for byte. */
  async function stored(): Promise<string> {
    if (program.databaseUrl !== undefined) return program.dump();
    const folder = join(program.home, "server");
    const files = (await readdir(folder)).filter((file) => file.startsWith("pipit.db"));
    const contents = await Promise.all(files.map((file) => readFile(join(folder, file), "latin1")));
    return contents.join("\n");
  }

  test("[G8] every decision is in the audit, in chains that are whole", async () => {
    expect(await program.run(["audit", "verify"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^The audit log is whole: \d+ events\n$/),
    });
    const { stdout } = await program.run(["audit", "list", "--json", "--limit", "1000"]);
    const decisions = jsonLines(stdout).map(({ event, outcome }) => `${String(event)} ${String(outcome)}`);
    expect([...new Set(decisions)]).toEqual(
      expect.arrayContaining([
        "account.registered success",
        "account.password_changed success",
        "client.created success",
        "client.refused failure",
        "device.approved success",
        "login failure",
        "login success",
        "otp.enrolled success",
        "otp.enrolment_begun success",
        "otp.recovery_code_used success",
        "session.revoked success",
        "session.started success",
        "token.issued success",
        "token.refreshed success",
        "token.refused failure",
        "token.reuse_detected failure",
      ]),
    );
    for (const line of jsonLines(stdout).filter(({ event }) => event === "login")) {
      expect(line).toMatchObject({ ip: "127.0.0.1", clientId: expect.any(String) });
    }
  });

  test("[G7] no secret lies in the database, in any spelling", async () => {
    expect(secrets.size).toBeGreaterThan(25);
    const content = await stored();
    // It is the right place: what is no secret is there.
    expect(content).toContain("pipit-cli");
    const found = [...secrets].filter(([, secret]) => formsOf(secret).some((form) => content.includes(form)));
    expect(found.map(([what]) => what)).toEqual([]);
  });

  test("[G7] no secret is in anything that the server wrote, at its most talkative", async () => {
    const { stdout, stderr } = await program.stop();
    const written = stdout + stderr;
    expect(written).toContain('"event"');
    const found = [...secrets].filter(([, secret]) => formsOf(secret).some((form) => written.includes(form)));
    expect(found.map(([what]) => what)).toEqual([]);
  });
});
