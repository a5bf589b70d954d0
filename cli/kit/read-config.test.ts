import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { clientKeys, clientVariables, serverTables } from "#contract/names/setting-names.ts";
import { misspellings, tomlOf } from "#tests/testing/misspellings.ts";
import { readCliConfig } from "./read-config.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "pipit-cli-config-"));
});
afterEach(() => rmSync(home, { recursive: true }));

describe("the terminal client's settings", () => {
  test("have defaults", () => {
    expect(readCliConfig({ PIPIT_HOME: home }, false)).toMatchObject({
      home,
      serverUrl: undefined,
      grpcUrl: undefined,
      locale: "en",
      colour: false,
      volume: 1,
    });
  });

  test("come from config.toml, and the environment wins", () => {
    writeFileSync(join(home, "config.toml"), 'server_url = "https://one.example/x"\nvolume = 0.5\n');
    expect(readCliConfig({ PIPIT_HOME: home }, false)).toMatchObject({
      serverUrl: "https://one.example",
      volume: 0.5,
    });
    expect(
      readCliConfig({ PIPIT_HOME: home, PIPIT_SERVER_URL: "https://two.example" }, false).serverUrl,
    ).toBe("https://two.example");
  });

  test.each([
    ["ru_RU.UTF-8", "ru-RU"],
    ["C.UTF-8", "en"],
    ["POSIX", "en"],
    ["de_DE@euro", "de-DE"],
    ["no!such", "en"],
  ])("LANG=%s means %s", (lang, locale) => {
    expect(readCliConfig({ PIPIT_HOME: home, LANG: lang }, false).locale).toBe(locale);
  });

  test.each([
    ['server_url = "ftp://x"', /PIPIT_SERVER_URL must be an http or https address/],
    ["volume = 7", /volume must be a number from 0 to 1/],
    ["server_url = 3", /server_url must be a non-empty string/],
    ["volume = 1\n= broken", /config.toml is not valid TOML \(line 2, column 1\)/],
    ["[sync]\nreports = [\n 1,\n]\nlater = {\n a = 1 }", /sync.later in .*config.toml \(line 5\) is not/],
  ])("%s is refused by name", (line, message) => {
    writeFileSync(join(home, "config.toml"), line);
    expect(() => readCliConfig({ PIPIT_HOME: home }, false)).toThrow(message);
  });

  test.each([
    ["", "own"],
    ['"always"', "always"],
    ["false", "never"],
    ["true", "always"],
  ])("reports = %s means %s", (value, reports) => {
    writeFileSync(join(home, "config.toml"), value === "" ? "" : `[sync]\nreports = ${value}\n`);
    expect(readCliConfig({ PIPIT_HOME: home }, false).reports).toBe(reports);
  });

  test("[O8] misspelt ones are refused, those of the server are not looked at", () => {
    writeFileSync(join(home, "config.toml"), "[serve]\nanything = 1\n");
    const env = { PIPIT_HOME: home, PIPIT_REGISTRATION: "closed", PIPIT_VERSION: "1" };
    expect(() => readCliConfig(env, false)).not.toThrow();
    for (const name of clientVariables) {
      for (const misspelt of misspellings(name)) {
        expect(() => readCliConfig({ ...env, [misspelt]: "x" }, false)).toThrow(
          `${misspelt} is not a setting: did you mean ${name}?`,
        );
      }
    }
    const file = join(home, "config.toml");
    // The server checks the keys of its tables, a client their names only.
    const keys = [...clientKeys, ...serverTables.map((table) => `${table}.url`)];
    for (const key of keys) {
      const [table, own] = key.split(".");
      const inTable = serverTables.includes(table ?? "") ? misspellings(table ?? "") : undefined;
      for (const misspelt of inTable?.map((name) => `${name}.${own ?? ""}`) ?? misspellings(key)) {
        writeFileSync(file, tomlOf(misspelt));
        expect(() => readCliConfig(env, false)).toThrow(
          `${misspelt} in ${file} (line 3) is not a setting: did you mean ${key}?`,
        );
      }
    }
  });

  test("follow NO_COLOR and FORCE_COLOR", () => {
    expect(readCliConfig({ PIPIT_HOME: home }, true).colour).toBe(true);
    expect(readCliConfig({ PIPIT_HOME: home, NO_COLOR: "1" }, true).colour).toBe(false);
    expect(readCliConfig({ PIPIT_HOME: home, FORCE_COLOR: "1" }, false).colour).toBe(true);
    expect(readCliConfig({ PIPIT_HOME: home, TERM: "dumb" }, true).colour).toBe(false);
  });
});
