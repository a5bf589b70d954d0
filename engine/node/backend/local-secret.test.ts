import { chmod, chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readLocalSecret } from "./local-secret.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { makeTempHome } from "../testing/temp-home.ts";

async function withSecret(home: string, content: string, mode = 0o600): Promise<string> {
  const path = join(home, "server", "bootstrap-secret");
  await mkdir(join(home, "server"), { recursive: true });
  await writeFile(path, content);
  await chmod(path, mode);
  return path;
}

describe("the local secret", () => {
  test("is read from a private file", async () => {
    await using home = await makeTempHome();
    await withSecret(home.path, "abc-def\n");
    expect(await readLocalSecret(home.path, createFakeLogger())).toBe("abc-def");
  });

  test("is absent without a server, and when the file is empty or no secret", async () => {
    await using home = await makeTempHome();
    const logger = createFakeLogger();
    const read = () => readLocalSecret(home.path, logger);
    expect(await read()).toBeUndefined();
    expect(logger.lines).toEqual([]);
    await withSecret(home.path, " \n");
    expect(await read()).toBeUndefined();
    await withSecret(home.path, "x".repeat(5000));
    expect(await read()).toBeUndefined();
  });

  test("is refused when others can read it, and the log does not hold it", async () => {
    await using home = await makeTempHome();
    await withSecret(home.path, "abc-def", 0o644);
    const logger = createFakeLogger();
    expect(await readLocalSecret(home.path, logger)).toBeUndefined();
    expect(logger.lines).toMatchObject([{ level: "warn", fields: { reason: "readable by others" } }]);
    expect(JSON.stringify(logger.lines)).not.toContain("abc-def");
  });

  test.runIf(process.getuid?.() === 0)("is refused when somebody else made it", async () => {
    await using home = await makeTempHome();
    await chown(await withSecret(home.path, "abc-def"), 65534, 65534);
    const logger = createFakeLogger();
    expect(await readLocalSecret(home.path, logger)).toBeUndefined();
    expect(logger.lines).toMatchObject([{ fields: { reason: "belongs to another user" } }]);
  });

  test("is refused when it is a folder", async () => {
    await using home = await makeTempHome();
    await mkdir(join(home.path, "server", "bootstrap-secret"), { recursive: true });
    expect(await readLocalSecret(home.path, createFakeLogger())).toBeUndefined();
  });
});
