import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { validate, version } from "uuid";
import { loadHardwareId } from "./hardware-id.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { makeTempHome } from "../testing/temp-home.ts";

const logger = createFakeLogger();

describe("the hardware id", () => {
  test("of this machine is a version-5 UUID, the same at every start", async () => {
    await using home = await makeTempHome();
    const first = await loadHardwareId({ home: home.path, logger });
    expect(validate(first)).toBe(true);
    expect(version(first)).toBe(5);
    expect(await loadHardwareId({ home: home.path, logger })).toBe(first);
  });

  test("follows the machine, not the home, and does not show the machine's own id", async () => {
    await using home = await makeTempHome();
    await using other = await makeTempHome();
    const machine = "0123456789abcdef0123456789abcdef";
    const options = { logger, readMachineId: async () => machine };
    const id = await loadHardwareId({ home: home.path, ...options });
    expect(await loadHardwareId({ home: other.path, ...options })).toBe(id);
    expect(id.replaceAll("-", "")).not.toContain(machine.slice(0, 12));
    expect(await readFile(join(home.path, "hardware-id.json"), "utf8")).not.toContain(machine);
  });

  test("of a machine that does not tell is random, kept, and still not version 4", async () => {
    await using home = await makeTempHome();
    await using other = await makeTempHome();
    const options = { logger, readMachineId: () => Promise.reject(new Error("no such file")) };
    const id = await loadHardwareId({ home: home.path, ...options });
    expect(version(id)).toBe(5);
    expect(await loadHardwareId({ home: home.path, ...options })).toBe(id);
    expect(await loadHardwareId({ home: other.path, ...options })).not.toBe(id);
  });

  test("does not travel with a copied home, and survives a damaged cache", async () => {
    await using home = await makeTempHome();
    const path = join(home.path, "hardware-id.json");
    const options = { home: home.path, logger, readMachineId: async () => "f".repeat(32) };
    const id = await loadHardwareId(options);
    const cache = JSON.parse(await readFile(path, "utf8")) as Record<string, string>;
    await writeFile(path, JSON.stringify({ ...cache, host: "elsewhere", seed: "another-seed" }));
    expect(await loadHardwareId(options)).toBe(id);
    await writeFile(path, "{broken");
    expect(await loadHardwareId(options)).toBe(id);
  });
});
