import { z } from "zod";
import type { ListenAddress } from "#server/net/listen-address.ts";
import { createProxyTrust } from "#server/net/client-address.ts";
import { isLoopbackAddress } from "#server/net/peer.ts";

/** One setting of the server: its names from the strongest source to the weakest, and all that is said of it. */
export type Setting<Value = unknown> = {
  readonly flag?: string;
  /** What the flag takes, e.g. "DIR"; a flag without it is a switch. */
  readonly takes?: string;
  readonly env?: string;
  /** `table.key` in config.toml. */
  readonly file?: string;
  /** Never shown, and taken out of the environment that other programs inherit. */
  readonly secret?: true;
  readonly schema: z.ZodType<Value>;
  /** What a correct value looks like, in words: the cure in every message. */
  readonly wants: string;
  /** What it is for, as Markdown. */
  readonly about: string;
} & (
  | {
      /** The default, written as an operator would write it. */
      readonly initial: string | false;
    }
  | {
      /** The default in words, where it is no value or depends on other settings. */
      readonly otherwise: string;
    }
);
type Settings = Readonly<Record<string, Setting>>;

const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
const DEFAULT_OLLAMA_PORT = 11_434;
const MAX_PORT = 65_535;
const text = z.string().min(1).max(4096);
const address = z.string().transform((value, context): ListenAddress => {
  const parsed = parseAddress(value);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: "custom", message: "address" });
  return z.NEVER;
});
const httpUrl = z.url({ protocol: /^https?$/ }).transform((value) => value.replace(/\/+$/, ""));
/** Base of an API, below which paths are put: a name and password, a query or a fragment would fail with each request. */
const apiUrl = httpUrl.refine((value) => {
  const { username, password, search, hash } = new URL(value);
  return `${username}${password}${search}${hash}` === "" && !/[?#]$/.test(value);
});

const folder = { schema: text, wants: "the path of a folder" };
const flagOnly = { schema: z.boolean(), wants: "a flag without a value", initial: false } as const;
const key = {
  schema: text,
  wants: "a key of 1 to 4096 characters",
  secret: true,
  otherwise: "none",
} as const;
const modelName = { schema: text, wants: "the name of a model, 1 to 4096 characters" };
const origin = {
  schema: httpUrl.refine(isPageOrigin).transform((value) => new URL(value).origin),
  wants: "an https:// address without a path, e.g. https://pipit.example (http:// only for this machine)",
};
const cap = {
  schema: z.coerce.number().int().min(1).max(100_000),
  wants: "a number from 1 to 100000",
};
const toggle = {
  schema: z
    .union([z.boolean(), z.enum(["1", "0", "true", "false"])])
    .transform((value) => value === true || value === "1" || value === "true"),
  wants: "1 or 0",
  initial: "0",
} as const;

/** The server itself: addresses, storage, and who gets in. */
export const serveSettings = {
  http: {
    flag: "http",
    takes: "HOST:PORT",
    file: "serve.http",
    schema: address,
    wants: `HOST:PORT with a port from 0 to ${MAX_PORT}, e.g. 127.0.0.1:8787`,
    initial: "127.0.0.1:8787",
    about: "HTTP: the page, sign-in, health, Connect/JSON, gRPC-Web; port 0 takes a free one",
  },
  grpc: {
    flag: "grpc",
    takes: "HOST:PORT",
    file: "serve.grpc",
    schema: address,
    wants: `HOST:PORT with a port from 0 to ${MAX_PORT}, e.g. 127.0.0.1:50051`,
    initial: "127.0.0.1:50051",
    about: "gRPC over HTTP/2 without TLS",
  },
  dataDir: {
    ...folder,
    flag: "data",
    takes: "DIR",
    file: "serve.data",
    otherwise: "`$PIPIT_HOME/server`",
    about: "everything that the server keeps",
  },
  logLevel: {
    flag: "log-level",
    takes: "LEVEL",
    file: "serve.log_level",
    schema: z.enum(LOG_LEVELS),
    wants: `one of ${LOG_LEVELS.join(", ")}`,
    initial: "info",
    about: "`debug`, `info`, `warn` or `error`",
  },
  webRoot: {
    ...folder,
    flag: "web-root",
    takes: "DIR",
    file: "serve.web_root",
    otherwise: "`dist/renderer`",
    about: "the built page",
  },
  publicUrl: {
    ...origin,
    flag: "public-url",
    takes: "URL",
    env: "PIPIT_PUBLIC_URL",
    file: "serve.public_url",
    otherwise: "none",
    about: "https address by which people reach the server through a proxy: sign-in addresses, allowed names",
  },
  issuer: {
    ...origin,
    flag: "issuer",
    takes: "URL",
    env: "PIPIT_ISSUER",
    file: "serve.issuer",
    otherwise: "the public URL, else `http://HOST:PORT`",
    about: "`iss` of tokens; change it and everybody refreshes",
  },
  signInAddress: {
    ...flagOnly,
    flag: "sign-in-address",
    about: "prints an address that signs a browser in to the local account, once, within 10 minutes",
  },
  embedded: {
    ...flagOnly,
    flag: "embedded",
    about:
      "started by another program: prints one JSON line when ready, stops when its standard input closes",
  },
  home: { ...folder, env: "PIPIT_HOME", otherwise: "`~/.pipit`", about: "folder of all state" },
  databaseUrl: {
    env: "PIPIT_DATABASE_URL",
    file: "serve.database_url",
    secret: true,
    schema: z.url({ protocol: /^postgres(ql)?$/ }),
    wants: "a postgres:// address, e.g. postgres://pipit@127.0.0.1:5432/pipit",
    otherwise: "SQLite in the data folder",
    about:
      "PostgreSQL 15 or newer, e.g. `postgres://pipit@db/pipit?sslmode=verify-full`; without `sslmode` the connection is not encrypted",
  },
  redisUrl: {
    env: "PIPIT_REDIS_URL",
    file: "serve.redis_url",
    secret: true,
    schema: z.url({ protocol: /^rediss?$/ }),
    wants: "a redis:// or rediss:// address",
    otherwise: "the database",
    about:
      "keeps the counters of attempts, carries messages between servers; needs `maxmemory-policy noeviction`",
  },
  trustedProxies: {
    env: "PIPIT_TRUSTED_PROXIES",
    file: "serve.trusted_proxies",
    schema: z
      .string()
      .max(4096)
      .transform((value) => (value === "" ? [] : value.split(",").map((one) => one.trim())))
      .refine(areNetworks),
    wants: "addresses or networks separated by commas, e.g. 10.0.0.0/8,127.0.0.1",
    initial: "",
    about: "addresses and networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed",
  },
  answersPerAccount: {
    ...cap,
    env: "PIPIT_ANSWERS_PER_ACCOUNT",
    file: "serve.answers_per_account",
    initial: "20",
    about: "answers that may run at once for one account on one server",
  },
  answersPerAddress: {
    ...cap,
    env: "PIPIT_ANSWERS_PER_ADDRESS",
    file: "serve.answers_per_address",
    initial: "200",
    about: "answers that may run at once for one network address on one server",
  },
  socketsPerAccount: {
    ...cap,
    env: "PIPIT_SOCKETS_PER_ACCOUNT",
    file: "serve.sockets_per_account",
    initial: "50",
    about: "sockets for events that may be open at once for one account on one server",
  },
  socketsPerAddress: {
    ...cap,
    env: "PIPIT_SOCKETS_PER_ADDRESS",
    file: "serve.sockets_per_address",
    initial: "1000",
    about: "sockets for events that may be open at once for one network address on one server",
  },
  legacyAnonymous: {
    ...toggle,
    env: "PIPIT_LEGACY_ANONYMOUS",
    file: "serve.legacy_anonymous",
    about: "`1` admits original clients, which send no token, from this machine only",
  },
} as const satisfies Settings;

export const authSettings = {
  masterKey: {
    env: "PIPIT_MASTER_KEY",
    file: "serve.master_key",
    secret: true,
    schema: text,
    wants: "32 bytes as base64 or hex",
    otherwise: "file `master-key`",
    about: "32 bytes as base64 or hex; the same for all servers of one database",
  },
  registrationOpen: {
    env: "PIPIT_REGISTRATION",
    file: "serve.registration",
    schema: z.enum(["open", "closed"]).transform((value) => value === "open"),
    wants: "open or closed",
    initial: "open",
    about: "`closed`: only an admin makes accounts",
  },
  programsTakePasswords: {
    ...toggle,
    initial: "1",
    env: "PIPIT_PROGRAM_PASSWORDS",
    file: "serve.program_passwords",
    about: "`0`: people type passwords into the server's pages only, never into a program",
  },
  passwordPepper: {
    env: "PIPIT_PASSWORD_PEPPER",
    file: "serve.password_pepper",
    secret: true,
    schema: text.min(16),
    wants: "a secret of 16 to 4096 characters",
    otherwise: "none",
    about: "mixed into new password hashes; losing it makes them worthless",
  },
  internalAuthKey: {
    env: "PIPIT_INTERNAL_AUTH_KEY",
    file: "serve.internal_auth_key",
    secret: true,
    schema: text.min(32),
    wants: "a key of 32 to 4096 characters",
    otherwise: "none",
    about: "lets services in by `X-Internal-Auth`",
  },
  seedCompatClients: {
    ...toggle,
    env: "PIPIT_SEED_COMPAT_CLIENTS",
    file: "serve.seed_compat_clients",
    about: "`1` registers the clients of the original auth service",
  },
  legacyOtpOptional: {
    ...toggle,
    env: "PIPIT_LEGACY_OTP_OPTIONAL",
    file: "serve.legacy_otp_optional",
    about: "`1` admits the original OTP clients: their order, and no token from this machine",
  },
  auditRetentionDays: {
    env: "PIPIT_AUDIT_RETENTION_DAYS",
    file: "serve.audit_retention_days",
    schema: z.coerce.number().int().min(1).max(36_500),
    wants: "a number of days from 1 to 36500",
    initial: "400",
    about: "days that audit events are kept",
  },
} as const satisfies Settings;

export const modelSettings = {
  url: {
    env: "PIPIT_MODEL_URL",
    file: "model.url",
    schema: apiUrl,
    wants: apiWants("http://127.0.0.1:8080/v1", "PIPIT_MODEL_KEY"),
    otherwise: "none",
    about: "an OpenAI-compatible endpoint for answers",
  },
  model: {
    ...modelName,
    env: "PIPIT_MODEL",
    file: "model.name",
    otherwise: "the first one listed",
    about: "the model that answers",
  },
  key: { ...key, env: "PIPIT_MODEL_KEY", file: "model.key", about: "the key of that endpoint" },
  timeoutSeconds: {
    env: "PIPIT_MODEL_TIMEOUT",
    file: "model.timeout",
    schema: z.coerce.number().int().min(1).max(86_400),
    wants: "a number of seconds from 1 to 86400",
    otherwise: "300",
    about: "seconds without a byte from the model server, after which it is given up",
  },
  ollamaUrl: {
    env: "OLLAMA_HOST",
    file: "model.ollama_host",
    schema: text.transform(ollamaUrl).pipe(httpUrl),
    wants: "HOST:PORT or an http:// address",
    initial: `127.0.0.1:${DEFAULT_OLLAMA_PORT}`,
    about: "where Ollama is looked for when no endpoint is set",
  },
} as const satisfies Settings;

export const speechSettings = {
  url: {
    env: "PIPIT_SPEECH_URL",
    file: "speech.url",
    schema: apiUrl,
    wants: apiWants("http://127.0.0.1:8880/v1", "PIPIT_SPEECH_KEY"),
    otherwise: "none",
    about: "an OpenAI-compatible `/audio/speech`",
  },
  model: {
    ...modelName,
    env: "PIPIT_SPEECH_MODEL",
    file: "speech.model",
    otherwise: "`tts-1`",
    about: "the model of that endpoint",
  },
  key: { ...key, env: "PIPIT_SPEECH_KEY", file: "speech.key", about: "the key of that endpoint" },
  voice: {
    env: "PIPIT_SPEECH_VOICE",
    file: "speech.voice",
    schema: text,
    wants: "the name of a voice, 1 to 4096 characters",
    otherwise: "`alloy`",
    about: "the voice of that endpoint",
  },
} as const satisfies Settings;

/** Every setting, in the order in which operators read of them. */
export const allSettings: readonly Setting[] = [
  serveSettings,
  authSettings,
  modelSettings,
  speechSettings,
].flatMap((group): readonly Setting[] => Object.values(group));

type ValueOf<One> = One extends { readonly schema: z.ZodType<infer Value> } ? Value : never;
/** What is read by a group of settings; one without an initial value may be absent. */
export type Values<Group extends Settings> = {
  readonly [Name in keyof Group as Group[Name] extends { initial: unknown } ? Name : never]: ValueOf<
    Group[Name]
  >;
} & {
  readonly [Name in keyof Group as Group[Name] extends { otherwise: unknown } ? Name : never]?: ValueOf<
    Group[Name]
  >;
};

function apiWants(example: string, keyName: string): string {
  return `an http:// or https:// address without a name, password or query, e.g. ${example} (a key goes into ${keyName})`;
}

function parseAddress(value: string): ListenAddress | undefined {
  const [, ipv6, name, port] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+)):(\d{1,5})$/i.exec(value) ?? [];
  const host = ipv6 ?? name;
  return host === undefined || Number(port) > MAX_PORT ? undefined : { host, port: Number(port) };
}

/** Cookies of the page are for TLS away from this machine, and it lives at the root of its host. */
function isPageOrigin(value: string): boolean {
  const url = new URL(value);
  const here = url.hostname === "localhost" || isLoopbackAddress(url.hostname.replace(/^\[(.*)\]$/, "$1"));
  return url.href === `${url.origin}/` && (url.protocol === "https:" || here);
}

function areNetworks(values: readonly string[]): boolean {
  try {
    createProxyTrust(values);
    return true;
  } catch {
    return false;
  }
}

/** OLLAMA_HOST as Ollama itself reads it: scheme and port may be missing; a wildcard is reached on loopback. */
function ollamaUrl(value: string): string {
  const withScheme = /^https?:\/\//.test(value) ? value : `http://${value}`;
  const url = URL.parse(withScheme);
  if (url === null) return value;
  if (url.hostname === "0.0.0.0" || url.hostname === "[::]") url.hostname = "127.0.0.1";
  if (url.port === "" && !/:(80|443)(\/|$)/.test(value) && withScheme !== value)
    url.port = String(DEFAULT_OLLAMA_PORT);
  return url.toString();
}
