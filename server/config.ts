import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { parse as parseToml } from "smol-toml";
import { z } from "zod";
import { PipitError } from "#contract/pipit-error.ts";
import { isLoopbackAddress } from "./peer.ts";
import { webRootOf } from "./web-root.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Where a port listens. Port 0 lets the system choose a free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

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
  /** `iss` of our access tokens. */
  readonly issuer: string;
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

/** What {@link readServerConfig} reads from; a program passes its own argv and environment. */
export interface ConfigInput {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `import.meta.url` of the program, beside which the built page lies; default: of a program beside this file. */
  readonly entryUrl?: string;
}

/**
 * The arguments and environment of this program. Keys are taken out of the process's own environment, because the
 * programs that it starts (voices) inherit it, and they are none of their business.
 */
export function programInput(entryUrl: string = import.meta.url): ConfigInput {
  const env = { ...process.env };
  for (const setting of Object.values<Setting>(settings)) {
    if (setting.secret === true && setting.env !== undefined) delete process.env[setting.env];
  }
  return { argv: process.argv.slice(2), env, entryUrl };
}

const DEFAULT_HTTP: ListenAddress = { host: "127.0.0.1", port: 8787 };
const DEFAULT_GRPC: ListenAddress = { host: "127.0.0.1", port: 50051 };
const DEFAULT_OLLAMA_PORT = 11_434;
const MAX_PORT = 65_535;

/** One setting: its names from the strongest source to the weakest, and whether its value may be repeated. */
interface Setting {
  readonly flag?: string;
  readonly env?: string;
  /** `table.key` in config.toml. */
  readonly file?: string;
  readonly secret?: boolean;
}
/** A value as found, with the name under which it was found, for error messages. */
interface Found {
  readonly name: string;
  readonly value: unknown;
  readonly secret: boolean;
}

const settings = {
  http: { flag: "http", file: "serve.http" },
  grpc: { flag: "grpc", file: "serve.grpc" },
  dataDir: { flag: "data", file: "serve.data" },
  webRoot: { flag: "web-root", file: "serve.web_root" },
  publicUrl: { flag: "public-url", file: "serve.public_url" },
  logLevel: { flag: "log-level", file: "serve.log_level" },
  legacyAnonymous: { env: "PIPIT_LEGACY_ANONYMOUS", file: "serve.legacy_anonymous" },
  modelUrl: { env: "PIPIT_MODEL_URL", file: "model.url" },
  model: { env: "PIPIT_MODEL", file: "model.name" },
  modelKey: { env: "PIPIT_MODEL_KEY", file: "model.key", secret: true },
  ollamaUrl: { env: "OLLAMA_HOST", file: "model.ollama_host" },
  speechUrl: { env: "PIPIT_SPEECH_URL", file: "speech.url" },
  speechModel: { env: "PIPIT_SPEECH_MODEL", file: "speech.model" },
  speechKey: { env: "PIPIT_SPEECH_KEY", file: "speech.key", secret: true },
  speechVoice: { env: "PIPIT_SPEECH_VOICE", file: "speech.voice" },
  databaseUrl: { env: "PIPIT_DATABASE_URL", file: "serve.database_url", secret: true },
  redisUrl: { env: "PIPIT_REDIS_URL", file: "serve.redis_url", secret: true },
} as const satisfies Record<string, Setting>;
type SettingName = keyof typeof settings;

const text = z.string().min(1).max(4096);
const address = z.string().transform((value, context): ListenAddress => {
  const parsed = parseAddress(value);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: "custom", message: "address" });
  return z.NEVER;
});
const httpUrl = z.url({ protocol: /^https?$/ }).transform((value) => value.replace(/\/+$/, ""));
const booleanSetting = z
  .union([z.boolean(), z.enum(["1", "0", "true", "false"])])
  .transform((value) => value === true || value === "1" || value === "true");

interface Rule<Value> {
  readonly schema: z.ZodType<Value>;
  /** What a correct value looks like, in words: the cure in every message. */
  readonly wants: string;
}
const rules = {
  http: { schema: address, wants: `HOST:PORT with a port from 0 to ${MAX_PORT}, e.g. 127.0.0.1:8787` },
  grpc: { schema: address, wants: `HOST:PORT with a port from 0 to ${MAX_PORT}, e.g. 127.0.0.1:50051` },
  dataDir: { schema: text, wants: "the path of a folder" },
  webRoot: { schema: text, wants: "the path of a folder" },
  publicUrl: {
    schema: httpUrl.refine(isPageOrigin).transform((value) => new URL(value).origin),
    wants: "an https:// address without a path, e.g. https://pipit.example (http:// only for this machine)",
  },
  logLevel: { schema: z.enum(LOG_LEVELS), wants: `one of ${LOG_LEVELS.join(", ")}` },
  legacyAnonymous: { schema: booleanSetting, wants: "1 or 0" },
  modelUrl: { schema: httpUrl, wants: "an http:// or https:// address, e.g. http://127.0.0.1:8080/v1" },
  model: { schema: text, wants: "the name of a model, 1 to 4096 characters" },
  modelKey: { schema: text, wants: "a key of 1 to 4096 characters" },
  ollamaUrl: { schema: text.transform(ollamaUrl).pipe(httpUrl), wants: "HOST:PORT or an http:// address" },
  speechUrl: { schema: httpUrl, wants: "an http:// or https:// address, e.g. http://127.0.0.1:8880/v1" },
  speechModel: { schema: text, wants: "the name of a model, 1 to 4096 characters" },
  speechKey: { schema: text, wants: "a key of 1 to 4096 characters" },
  speechVoice: { schema: text, wants: "the name of a voice, 1 to 4096 characters" },
} as const;

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
  const find = (name: SettingName): Found | undefined => findSetting(settings[name], flags, input.env, file);
  const read = <Value>(name: keyof typeof rules & SettingName, rule: Rule<Value>): Value | undefined => {
    const found = find(name);
    return found === undefined ? undefined : check(found, rule);
  };

  refuseLater(find("databaseUrl"), "PostgreSQL");
  refuseLater(find("redisUrl"), "Redis");
  const http = read("http", rules.http) ?? DEFAULT_HTTP;
  return {
    home,
    dataDir: resolve(read("dataDir", rules.dataDir) ?? join(home, "server")),
    http,
    grpc: read("grpc", rules.grpc) ?? DEFAULT_GRPC,
    logLevel: read("logLevel", rules.logLevel) ?? "info",
    embedded: flags["embedded"] === true,
    signInAddress: flags["sign-in-address"] === true,
    webRoot: resolve(read("webRoot", rules.webRoot) ?? webRootOf(input.entryUrl ?? import.meta.url)),
    ...present({ publicUrl: read("publicUrl", rules.publicUrl) }),
    issuer: issuerOf(http),
    legacyAnonymous: read("legacyAnonymous", rules.legacyAnonymous) ?? false,
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

/** `host:port`, IPv6 in brackets, as it stands in a URL. */
export function formatAddress({ host, port }: ListenAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
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
        "--log-level LEVEL, --sign-in-address and --embedded.",
      { cause: error },
    );
  }
}

function readConfigFile(path: string): Readonly<Record<string, unknown>> {
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "ENOENT" || code === "ENOTDIR") return {};
    throw new PipitError("CONFIG_INVALID", `${path} cannot be read (${code}). Check its owner and mode.`, {
      cause: error,
    });
  }
  try {
    return parseToml(content);
  } catch (error) {
    // Only the place: the parser's message quotes the lines, and one of them may hold a key.
    const place =
      error instanceof Error && "line" in error && "column" in error
        ? ` (line ${String(error.line)}, column ${String(error.column)})`
        : "";
    throw new PipitError("CONFIG_INVALID", `${path} is not valid TOML${place}. Correct it or move it away.`);
  }
}

function findSetting(
  setting: Setting,
  flags: Readonly<Record<string, unknown>>,
  env: ConfigInput["env"],
  file: Readonly<Record<string, unknown>>,
): Found | undefined {
  const secret = setting.secret === true;
  if (setting.flag !== undefined && flags[setting.flag] !== undefined) {
    return { name: `--${setting.flag}`, value: flags[setting.flag], secret };
  }
  // An empty variable is how a shell says "not set".
  if (setting.env !== undefined && env[setting.env]) {
    return { name: setting.env, value: env[setting.env], secret };
  }
  if (setting.file !== undefined) {
    const [table = "", key = ""] = setting.file.split(".");
    const value = asTable(file[table])?.[key];
    if (value !== undefined) return { name: `${setting.file} in config.toml`, value, secret };
  }
  return undefined;
}

function asTable(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null ? { ...value } : undefined;
}

function check<Value>(found: Found, { schema, wants }: Rule<Value>): Value {
  const result = schema.safeParse(found.value);
  if (result.success) return result.data;
  const shown = found.secret ? "what is set" : JSON.stringify(String(found.value).slice(0, 200));
  throw new PipitError(
    found.name.startsWith("--") ? "USAGE" : "CONFIG_INVALID",
    `${found.name}: ${shown} will not do; it must be ${wants}.`,
    { field: found.name },
  );
}

function refuseLater(found: Found | undefined, what: string): void {
  if (found === undefined) return;
  throw new PipitError(
    "CONFIG_INVALID",
    `${found.name} is set, but ${what} comes with a later version of Pipit. Unset it to use the built-in storage.`,
    { field: found.name },
  );
}

function parseAddress(value: string): ListenAddress | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+)):(\d{1,5})$/i.exec(value);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > MAX_PORT ? undefined : { host, port };
}

/** Cookies of the page are for TLS away from this machine, and it lives at the root of its host. */
function isPageOrigin(value: string): boolean {
  const url = new URL(value);
  const here = url.hostname === "localhost" || isLoopbackAddress(url.hostname.replace(/^\[(.*)\]$/, "$1"));
  return url.href === `${url.origin}/` && (url.protocol === "https:" || here);
}

/** OLLAMA_HOST as Ollama itself reads it: scheme and port may be missing; a wildcard is reached on loopback. */
function ollamaUrl(value: string): string {
  const withScheme = /^https?:\/\//.test(value) ? value : `http://${value}`;
  const url = URL.parse(withScheme);
  if (url === null) return value;
  if (url.hostname === "0.0.0.0" || url.hostname === "[::]") url.hostname = "127.0.0.1";
  if (url.port === "" && !/:(80|443)(\/|$)/.test(value) && withScheme !== value) {
    url.port = String(DEFAULT_OLLAMA_PORT);
  }
  return url.toString();
}

/** Stable between starts even when the system chooses the port, so that a restart does not end everybody's tokens. */
function issuerOf(http: ListenAddress): string {
  return `http://${formatAddress(http.port === 0 ? DEFAULT_HTTP : http)}`;
}

type Present<T> = { readonly [Key in keyof T]?: Exclude<T[Key], undefined> };
function present<T extends object>(values: T): Present<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<T>;
}
