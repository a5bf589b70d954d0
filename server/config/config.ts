import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { PipitError } from "#contract/pipit-error.ts";
import {
  DEFAULT_AUDIT_RETENTION_DAYS,
  DEFAULT_GRPC,
  DEFAULT_HTTP,
  DEFAULT_OLLAMA_PORT,
  rules,
  settings,
  type LogLevel,
  type SettingName,
} from "./settings.ts";
import { checkSetting, findSetting, readConfigFile, type Rule, type Setting } from "./settings-source.ts";
import { formatAddress, type ListenAddress } from "#server/net/listen-address.ts";
import { webRootOf } from "#server/http/web/web-root.ts";

/** All that the server program can be told from outside, checked. Made only by {@link readServerConfig}. */
export interface ServerConfig {
  readonly home: string;
  /** Folder of the database, keys, bootstrap secret and runtime.json. */
  readonly dataDir: string;
  readonly http: ListenAddress;
  readonly grpc: ListenAddress;
  readonly logLevel: LogLevel;
  /** Started by another program of ours: prints one JSON line when ready, stops when its stdin closes. */
  readonly embedded: boolean;
  /** Prints an address that signs a browser in, once the server is ready. */
  readonly signInAddress: boolean;
  /** Folder of the built page. */
  readonly webRoot: string;
  /** Origin by which people reach the server through a proxy, e.g. "https://pipit.example". */
  readonly publicUrl?: string;
  /** `iss` of our tokens: the origin by which clients know this server. */
  readonly issuer: string;
  /** PostgreSQL in place of the embedded SQLite. */
  readonly databaseUrl?: string;
  /** Keeps limits for several server processes; absent: the database does. */
  readonly redisUrl?: string;
  /** Addresses and networks whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  readonly auth: {
    /** In place of the file `master-key` in the data folder; the same for all processes of one database. */
    readonly masterKey?: string;
    readonly passwordPepper?: string;
    /** Accepts `X-Internal-Auth` on service routes (contracts §3). */
    readonly internalAuthKey?: string;
    /** Restores the order of the original OTP clients (contracts §2). */
    readonly legacyOtpOptional: boolean;
    readonly seedCompatClients: boolean;
    /** Whether strangers may make accounts. */
    readonly registrationOpen: boolean;
    readonly auditRetentionDays: number;
  };
  /** Admits original clients, which send no token, from this machine only (contracts §1). */
  readonly legacyAnonymous: boolean;
  readonly model: {
    readonly url?: string;
    readonly model?: string;
    readonly key?: string;
    readonly ollamaUrl: string;
  };
  readonly speech: {
    readonly url?: string;
    readonly model?: string;
    readonly key?: string;
    readonly voice?: string;
  };
}

const serverProgram = new URL("../main.ts", import.meta.url).href;

/** What {@link readServerConfig} reads from; a program passes its own argv and environment. */
export interface ConfigInput {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `import.meta.url` of the program, beside which the built page lies; default: of the server's. */
  readonly entryUrl?: string;
}

/**
 * The arguments and environment of this program. Keys are taken out of the process's own environment, because the
 * programs that it starts (voices) inherit it, and they are none of their business.
 */
export function programInput(entryUrl: string = serverProgram): ConfigInput {
  const env = { ...process.env };
  for (const setting of Object.values<Setting>(settings)) {
    if (setting.secret === true && setting.env !== undefined) delete process.env[setting.env];
  }
  return { argv: process.argv.slice(2), env, entryUrl };
}

/**
 * Reads and checks the server's settings: flags win over environment, environment over `$PIPIT_HOME/config.toml`
 * (tables `serve`, `model`, `speech`; others belong to other programs).
 *
 * @throws PipitError USAGE for a bad command line, CONFIG_INVALID for a bad setting elsewhere.
 */
export function readServerConfig(input: ConfigInput): ServerConfig {
  const flags = readFlags(input.argv);
  const home = resolve(input.env["PIPIT_HOME"] || join(homedir(), ".pipit"));
  const file = readConfigFile(join(home, "config.toml"));
  const read: Read = (name, rule) => {
    const found = findSetting(settings[name], flags, input.env, file);
    return found === undefined ? undefined : checkSetting(found, rule);
  };

  const http = read("http", rules.http) ?? DEFAULT_HTTP;
  const publicUrl = read("publicUrl", rules.publicUrl);
  return {
    home,
    dataDir: resolve(read("dataDir", rules.dataDir) ?? join(home, "server")),
    http,
    grpc: read("grpc", rules.grpc) ?? DEFAULT_GRPC,
    logLevel: read("logLevel", rules.logLevel) ?? "info",
    embedded: flags["embedded"] === true,
    signInAddress: flags["sign-in-address"] === true,
    webRoot: resolve(read("webRoot", rules.webRoot) ?? webRootOf(input.entryUrl ?? serverProgram)),
    ...present({ publicUrl }),
    issuer: read("issuer", rules.issuer) ?? publicUrl ?? issuerOf(http),
    legacyAnonymous: read("legacyAnonymous", rules.legacyAnonymous) ?? false,
    ...present({
      databaseUrl: read("databaseUrl", rules.databaseUrl),
      redisUrl: read("redisUrl", rules.redisUrl),
    }),
    trustedProxies: read("trustedProxies", rules.trustedProxies) ?? [],
    auth: readAuth(read),
    ...readProviders(read),
  };
}

/** Reads one setting; undefined when it is not set. */
type Read = <Value>(name: SettingName, rule: Rule<Value>) => Value | undefined;

function readAuth(read: Read): ServerConfig["auth"] {
  return {
    ...present({
      masterKey: read("masterKey", rules.masterKey),
      passwordPepper: read("passwordPepper", rules.passwordPepper),
      internalAuthKey: read("internalAuthKey", rules.internalAuthKey),
    }),
    legacyOtpOptional: read("legacyOtpOptional", rules.legacyOtpOptional) ?? false,
    seedCompatClients: read("seedCompatClients", rules.seedCompatClients) ?? false,
    registrationOpen: (read("registration", rules.registration) ?? "open") === "open",
    auditRetentionDays: read("auditRetentionDays", rules.auditRetentionDays) ?? DEFAULT_AUDIT_RETENTION_DAYS,
  };
}

function readProviders(read: Read): Pick<ServerConfig, "model" | "speech"> {
  return {
    model: {
      ...present({
        url: read("modelUrl", rules.modelUrl),
        model: read("model", rules.model),
        key: read("modelKey", rules.modelKey),
      }),
      ollamaUrl: read("ollamaUrl", rules.ollamaUrl) ?? `http://127.0.0.1:${DEFAULT_OLLAMA_PORT}`,
    },
    speech: present({
      url: read("speechUrl", rules.speechUrl),
      model: read("speechModel", rules.speechModel),
      key: read("speechKey", rules.speechKey),
      voice: read("speechVoice", rules.speechVoice),
    }),
  };
}

function readFlags(argv: readonly string[]): Readonly<Record<string, string | boolean | undefined>> {
  try {
    const { values } = parseArgs({
      args: [...argv],
      strict: true,
      allowPositionals: false,
      options: {
        http: { type: "string" },
        grpc: { type: "string" },
        data: { type: "string" },
        "log-level": { type: "string" },
        "web-root": { type: "string" },
        "public-url": { type: "string" },
        issuer: { type: "string" },
        "sign-in-address": { type: "boolean" },
        embedded: { type: "boolean" },
      },
    });
    return values;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split(". ")[0] ?? "") : "";
    throw new PipitError(
      "USAGE",
      `${reason}. Known are --http HOST:PORT, --grpc HOST:PORT, --data DIR, --web-root DIR, --public-url URL, ` +
        "--issuer URL, --log-level LEVEL, --sign-in-address and --embedded.",
      { cause: error },
    );
  }
}

/** Stable between starts even when the system chooses the port, so that a restart does not end everybody's tokens. */
function issuerOf(http: ListenAddress): string {
  return `http://${formatAddress(http.port === 0 ? DEFAULT_HTTP : http)}`;
}

type Present<T> = { readonly [Key in keyof T]?: Exclude<T[Key], undefined> };
function present<T extends object>(values: T): Present<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<T>;
}
