import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { clientKeys, clientVariables, nearestName, serverTables } from "#contract/names/setting-names.ts";
import { parseDatabaseUrl } from "#server/store/postgres/database-url.ts";
import { misspellings, tomlOf } from "#tests/testing/misspellings.ts";
import { programInput, readServerConfig } from "./config.ts";
import { allSettings } from "./settings.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "pipit-config-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function read(argv: string[] = [], env: Record<string, string> = {}) {
  return readServerConfig({ argv, env: { PIPIT_HOME: home, ...env } });
}
function failure(argv: string[], env: Record<string, string> = {}): PipitError {
  try {
    read(argv, env);
  } catch (error) {
    if (error instanceof PipitError) return error;
    throw error;
  }
  throw new Error("the settings were accepted");
}

describe("readServerConfig", () => {
  test("has the documented defaults", () => {
    expect(read()).toEqual({
      home,
      dataDir: join(home, "server"),
      memoryDir: join(home, "server", "memory"),
      http: { host: "127.0.0.1", port: 8787 },
      grpc: { host: "127.0.0.1", port: 50051 },
      logLevel: "info",
      embedded: false,
      shutdownDelaySeconds: 0,
      signInAddress: false,
      webRoot: fileURLToPath(new URL("../../dist/renderer", import.meta.url)),
      issuer: "http://127.0.0.1:8787",
      tokensPerDay: 0,
      tokensPerMonth: 0,
      answersPerAccount: 20,
      answersPerAddress: 200,
      socketsPerAccount: 50,
      socketsPerAddress: 1000,
      legacyAnonymous: false,
      trustedProxies: [],
      auth: {
        legacyOtpOptional: false,
        legacyOtpNetworks: [],
        seedCompatClients: false,
        registrationOpen: true,
        programsTakePasswords: true,
        auditRetentionDays: 400,
      },
      model: { ollamaUrl: "http://127.0.0.1:11434" },
      aside: { titles: true, memories: true },
      speech: {},
      embeddings: {},
      roomMessagesPerMinute: 1_000,
      eventBatchesPerMinute: 120,
      eventsKeptDays: 90,
      chatsKeptDays: 0,
      usageKeptDays: 400,
      usedTokensKeptDays: 30,
      semantic: undefined,
      transcription: {},
      traces: { protocol: "http/protobuf", serviceName: "pipit", ratio: 1 },
    });
  });

  test("flags win over environment, environment over config.toml", () => {
    writeFileSync(
      join(home, "config.toml"),
      '[serve]\nhttp = "127.0.0.1:1111"\nlog_level = "debug"\n[model]\nurl = "http://file/v1"\nname = "from-file"\n[sync]\nserver_url = "not ours"\n',
    );
    const config = read(["--http", "[::1]:2222"], { PIPIT_MODEL: "from-env" });
    expect(config.http).toEqual({ host: "::1", port: 2222 });
    expect(config.logLevel).toBe("debug");
    expect(config.model).toMatchObject({ url: "http://file/v1", model: "from-env" });
    expect(config.modelSetBy).toBe("model.url in config.toml");
  });

  test("search by meaning needs the address and the model of an embeddings provider", () => {
    const on = { PIPIT_SEMANTIC_SEARCH: "1", PIPIT_EMBEDDINGS_URL: "http://127.0.0.1:8081/v1" };
    expect(failure([], on)).toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("PIPIT_EMBEDDINGS_MODEL") as unknown,
    });
    const { semantic } = read([], { ...on, PIPIT_EMBEDDINGS_MODEL: "small", PIPIT_SEMANTIC_LEAST: "0.5" });
    expect(semantic).toEqual({ url: on.PIPIT_EMBEDDINGS_URL, model: "small", key: undefined, least: 0.5 });
  });

  test("port 0 is allowed and does not change the issuer between starts", () => {
    const config = read(["--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"]);
    expect(config.http.port).toBe(0);
    expect(config.issuer).toBe("http://127.0.0.1:8787");
  });

  test.each([
    [["--http", "8787"], "USAGE", /--http: "8787" .* HOST:PORT .* 0 to 65535/],
    [["--grpc", "127.0.0.1:70000"], "USAGE", /--grpc: "127.0.0.1:70000"/],
    [["--log-level", "loud"], "USAGE", /--log-level: "loud" .* debug, info, warn, error/],
    [["--nonsense"], "USAGE", /--nonsense.*Known are --http/],
    [["stray"], "USAGE", /Known are --http/],
    [["--http"], "USAGE", /--http/],
  ])("refuses %j", (argv, code, message) => {
    const error = failure(argv);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  test.each([
    [
      "PIPIT_MODEL_URL",
      "http://me:hunter2@127.0.0.1/v1",
      /"http:\/\/\*\*\*@127.0.0.1\/v1" .* PIPIT_MODEL_KEY/,
    ],
    [
      "PIPIT_MODEL_URL",
      "http://127.0.0.1/v1?key=hunter2",
      /"http:\/\/127.0.0.1\/v1\?\*\*\*" .* PIPIT_MODEL_KEY/,
    ],
    ["PIPIT_SPEECH_URL", "http://127.0.0.1/v1#x", /without a name, password or query/],
    ["PIPIT_MODEL_URL", "localhost:8080", /PIPIT_MODEL_URL: "localhost:8080" .* http:\/\//],
    ["PIPIT_SPEECH_URL", "ftp://x", /PIPIT_SPEECH_URL: "ftp:\/\/x"/],
    ["PIPIT_LEGACY_ANONYMOUS", "yes", /PIPIT_LEGACY_ANONYMOUS: "yes" .* 1 or 0/],
    ["PIPIT_DATABASE_URL", "mysql://u:hunter2@db/x", /PIPIT_DATABASE_URL: what is set .* postgres:\/\//],
    ["PIPIT_REDIS_URL", "http://:hunter2@cache", /PIPIT_REDIS_URL: what is set .* redis:\/\//],
    ["PIPIT_TRUSTED_PROXIES", "10.0.0.0/33", /PIPIT_TRUSTED_PROXIES: "10.0.0.0\/33" .* commas/],
    ["PIPIT_INTERNAL_AUTH_KEY", "hunter2", /PIPIT_INTERNAL_AUTH_KEY: what is set .* 32 to 4096/],
    ["PIPIT_REGISTRATION", "maybe", /PIPIT_REGISTRATION: "maybe" .* open or closed/],
    ["PIPIT_AUDIT_RETENTION_DAYS", "0", /PIPIT_AUDIT_RETENTION_DAYS: "0" .* 1 to 36500/],
  ])("refuses %s=%s", (name, value, message) => {
    const error = failure([], { [name]: value });
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain("hunter2");
  });

  test("never shows a key, not even a wrong one", () => {
    const key = `sk-${"x".repeat(5000)}`;
    expect(failure([], { PIPIT_MODEL_KEY: key }).message).toBe(
      "PIPIT_MODEL_KEY: what is set will not do; it must be a key of 1 to 4096 characters.",
    );
  });

  test("a broken config.toml is named with the line, without its content", () => {
    writeFileSync(join(home, "config.toml"), '[model]\nkey = "sk-secret-thing\n');
    const error = failure([]);
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.message).toContain(join(home, "config.toml"));
    expect(error.message).toMatch(/line 2/);
    expect(`${error.message} ${String(error.cause)}`).not.toContain("sk-secret-thing");
  });

  test.each([
    ["https://pipit.example", "https://pipit.example"],
    ["https://pipit.example:8443/", "https://pipit.example:8443"],
    ["http://localhost:8787", "http://localhost:8787"],
    ["http://[::1]:80", "http://[::1]"],
  ])("--public-url %s is the origin %s", (value, origin) => {
    expect(read(["--public-url", value]).publicUrl).toBe(origin);
  });

  test.each([
    "http://pipit.example",
    "https://pipit.example/x",
    "https://u:p@pipit.example",
    "pipit.example",
  ])("--public-url %s is refused with the cure", (value) => {
    const error = failure(["--public-url", value]);
    expect([error.code, error.message]).toEqual([
      "USAGE",
      expect.stringContaining("https://pipit.example ("),
    ]);
  });

  test("the page is found beside the program, from source and bundled, or where the person says", () => {
    const from = (entryUrl: string) =>
      readServerConfig({ argv: [], env: { PIPIT_HOME: home }, entryUrl }).webRoot;
    expect(from("file:///opt/pipit/server/main.ts")).toBe("/opt/pipit/dist/renderer");
    expect(from("file:///opt/pipit/dist/server/main.js")).toBe("/opt/pipit/dist/renderer");
    expect(read(["--web-root", "/srv/page"]).webRoot).toBe("/srv/page");
    expect(read(["--sign-in-address"]).signInAddress).toBe(true);
  });

  test.each([
    ["127.0.0.1:9999", "http://127.0.0.1:9999"],
    ["0.0.0.0", "http://127.0.0.1:11434"],
    ["gpu.lan", "http://gpu.lan:11434"],
    ["http://gpu.lan:80", "http://gpu.lan"],
    ["https://gpu.lan/ollama/", "https://gpu.lan/ollama"],
  ])("OLLAMA_HOST=%s is read as Ollama reads it", (value, url) => {
    expect(read([], { OLLAMA_HOST: value }).model.ollamaUrl).toBe(url);
  });

  test("a team's server takes PostgreSQL, Redis, proxies and switches from its environment", () => {
    const config = read(["--public-url", "https://pipit.example"], {
      PIPIT_DATABASE_URL: "postgres://pipit:pw@db/pipit",
      PIPIT_REDIS_URL: "rediss://cache:6380",
      PIPIT_TRUSTED_PROXIES: "10.0.0.0/8, ::1",
      PIPIT_REGISTRATION: "closed",
      PIPIT_PROGRAM_PASSWORDS: "0",
      PIPIT_SEED_COMPAT_CLIENTS: "1",
    });
    expect(config).toMatchObject({
      databaseUrl: "postgres://pipit:pw@db/pipit",
      redisUrl: "rediss://cache:6380",
      trustedProxies: ["10.0.0.0/8", "::1"],
      issuer: "https://pipit.example",
      auth: { registrationOpen: false, programsTakePasswords: false, seedCompatClients: true },
    });
    expect(read(["--issuer", "https://id.example", "--public-url", "https://pipit.example"]).issuer).toBe(
      "https://id.example",
    );
  });

  describe("[O8] one wrong letter", () => {
    const variables = allSettings.flatMap(({ env = "" }) => (env.startsWith("PIPIT_") ? [env] : []));
    const secrets = allSettings.flatMap(({ env = "", secret }) =>
      secret === true && env.startsWith("PIPIT_") ? [`${env}_FILE`] : [],
    );
    const keys = allSettings.flatMap(({ file }) => (file === undefined ? [] : [file]));
    const flags = allSettings.flatMap(({ flag }) => (flag === undefined ? [] : [flag]));

    test.each([...variables, ...secrets, ...clientVariables])(
      "in %s is refused with what was meant",
      (name) => {
        for (const misspelt of misspellings(name)) {
          const error = failure([], { [misspelt]: "hunter2" });
          expect(error.code).toBe("CONFIG_INVALID");
          expect(error.message).toContain(`${misspelt} is not a setting: did you mean ${name}?`);
          expect(error.message).not.toContain("hunter2");
        }
      },
    );

    test.each([...keys, ...clientKeys])("in %s of config.toml is refused with what was meant", (key) => {
      const file = join(home, "config.toml");
      for (const misspelt of misspellings(key)) {
        writeFileSync(file, tomlOf(misspelt));
        expect(failure([])).toMatchObject({
          code: "CONFIG_INVALID",
          message: expect.stringContaining(
            `${misspelt} in ${file} (line 3) is not a setting: did you mean ${key}?`,
          ) as unknown,
        });
      }
    });

    test.each(flags)("in --%s is refused with what was meant", (flag) => {
      for (const misspelt of misspellings(flag)) {
        expect(failure([`--${misspelt}`])).toMatchObject({
          code: "USAGE",
          message: expect.stringContaining(`Did you mean --${flag}?`) as unknown,
        });
      }
    });

    test("what other programs and Kubernetes set is passed by, what nothing reads is not", () => {
      const links = [
        "PIPIT_SERVICE_HOST",
        "PIPIT_SERVICE_PORT_HTTP",
        "PIPIT_PORT",
        "PIPIT_PORT_8787_TCP_ADDR",
      ];
      const others = ["PIPIT_SERVER_URL", "PIPIT_TEST_SIZE", "PIPIT_REGISTRATON"];
      const env = Object.fromEntries([...links, ...others.slice(0, 2)].map((name) => [name, "1"]));
      writeFileSync(
        join(home, "config.toml"),
        'server_url = "https://pipit.example"\n[sync]\nreports = false\n',
      );
      expect(() => read([], { ...env, PIPIT_REGISTRATON: "" })).not.toThrow();
      const error = failure([], { ...env, PIPIT_REGISTRATION_CLOSED: "1", PIPIT_WHATEVER_IS_THIS: "1" });
      expect(error.message).toBe(
        "PIPIT_REGISTRATION_CLOSED is not a setting: did you mean PIPIT_REGISTRATION?; " +
          "PIPIT_WHATEVER_IS_THIS is not a setting. Correct or remove it; docs/operations.md lists all.",
      );
    });

    test("in a client's variable cannot be taken for a setting of the server, nor the other way round", () => {
      const own = variables.filter((name) => !clientVariables.includes(name));
      expect(own.filter((name) => nearestName(name, clientVariables, 2) !== undefined)).toEqual([]);
      expect([...new Set(keys.map((key) => key.split(".")[0]))]).toEqual(serverTables);
    });
  });

  test("every secret may lie in a file", () => {
    const file = join(home, "secret");
    writeFileSync(file, "postgres://pipit:p%23w@db/pipit\r\n");
    expect(read([], { PIPIT_DATABASE_URL_FILE: file }).databaseUrl).toBe("postgres://pipit:p%23w@db/pipit");
    writeFileSync(file, "hunter2");
    const wrong = failure([], { PIPIT_INTERNAL_AUTH_KEY_FILE: file }).message;
    expect(wrong).toMatch(/^PIPIT_INTERNAL_AUTH_KEY_FILE: what is set will not do.* 32 to 4096/);
    expect(failure([], { PIPIT_MODEL_KEY: "a", PIPIT_MODEL_KEY_FILE: file }).message).toBe(
      "Both PIPIT_MODEL_KEY and PIPIT_MODEL_KEY_FILE are set. Remove one of them.",
    );
    expect(failure([], { PIPIT_MODEL_KEY_FILE: join(home, "none") }).message).toMatch(
      /^PIPIT_MODEL_KEY_FILE: .*none cannot be read \(ENOENT\)/,
    );
  });

  test("[O14] the database's password may have any characters, and stand beside its address or in it", () => {
    const password = "p:w/2#@%41 ?&[é";
    const env = { PIPIT_DATABASE_URL: "postgres://pipit@db:5433/pipit?sslmode=disable" };
    const { databaseUrl = "" } = read([], { ...env, PIPIT_DATABASE_PASSWORD: password });
    const parts = { user: "pipit", password, host: "db", port: 5433, database: "pipit" };
    expect(parseDatabaseUrl(databaseUrl)).toMatchObject(parts);
    const twice = {
      PIPIT_DATABASE_URL: "postgres://pipit:hunter2@db/pipit",
      PIPIT_DATABASE_PASSWORD: "hunter3",
    };
    expect(failure([], twice).message).toMatch(/^Both PIPIT_DATABASE_URL and PIPIT_DATABASE_PASSWORD have/);
    expect(failure([], { PIPIT_DATABASE_PASSWORD: "hunter3" }).message).toMatch(/Set PIPIT_DATABASE_URL/);
    // As they come from a generator; what they would be taken for is not tried.
    for (const [name, url, cure] of [
      ["PIPIT_DATABASE_URL", "postgres://pipit:hunter2/#@db/pipit", "PIPIT_DATABASE_PASSWORD"],
      ["PIPIT_REDIS_URL", "redis://pipit:hunter2/#@cache:6379", "%23 for #"],
      ["PIPIT_REDIS_URL", "redis://pipit:12#hunter2@cache:6379", "%23 for #"],
    ] as const) {
      const { message } = failure([], { [name]: url });
      expect(message).toContain(cure);
      expect(message).not.toContain("hunter2");
    }
  });

  test("an empty variable is not set", () => {
    expect(read([], { PIPIT_MODEL_URL: "", PIPIT_REDIS_URL: "" }).model).not.toHaveProperty("url");
  });
});

test("keys leave the environment that other programs inherit", () => {
  vi.stubEnv("PIPIT_MODEL_KEY", "a-key");
  vi.stubEnv("PIPIT_SPEECH_KEY", "another-key");
  expect(programInput().env).toMatchObject({ PIPIT_MODEL_KEY: "a-key", PIPIT_SPEECH_KEY: "another-key" });
  // The second look finds what is left, as a child process would.
  expect(programInput().env).not.toHaveProperty("PIPIT_MODEL_KEY");
  expect(programInput().env).not.toHaveProperty("PIPIT_SPEECH_KEY");
});
