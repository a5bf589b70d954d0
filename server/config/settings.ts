import { isIP } from "node:net";
import { z } from "zod";
import type { ListenAddress } from "#server/net/listen-address.ts";
import { isLoopbackAddress } from "#server/net/peer.ts";
import type { Setting } from "./settings-source.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const DEFAULT_HTTP: ListenAddress = { host: "127.0.0.1", port: 8787 };
export const DEFAULT_GRPC: ListenAddress = { host: "127.0.0.1", port: 50051 };
export const DEFAULT_OLLAMA_PORT = 11_434;
const MAX_PORT = 65_535;
export const DEFAULT_AUDIT_RETENTION_DAYS = 400;

/** Every setting and the names it goes by. */
export const settings = {
  http: { flag: "http", file: "serve.http" },
  grpc: { flag: "grpc", file: "serve.grpc" },
  dataDir: { flag: "data", file: "serve.data" },
  webRoot: { flag: "web-root", file: "serve.web_root" },
  publicUrl: { flag: "public-url", env: "PIPIT_PUBLIC_URL", file: "serve.public_url" },
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
  issuer: { flag: "issuer", env: "PIPIT_ISSUER", file: "serve.issuer" },
  trustedProxies: { env: "PIPIT_TRUSTED_PROXIES", file: "serve.trusted_proxies" },
  masterKey: { env: "PIPIT_MASTER_KEY", file: "serve.master_key", secret: true },
  passwordPepper: { env: "PIPIT_PASSWORD_PEPPER", file: "serve.password_pepper", secret: true },
  internalAuthKey: { env: "PIPIT_INTERNAL_AUTH_KEY", file: "serve.internal_auth_key", secret: true },
  legacyOtpOptional: { env: "PIPIT_LEGACY_OTP_OPTIONAL", file: "serve.legacy_otp_optional" },
  seedCompatClients: { env: "PIPIT_SEED_COMPAT_CLIENTS", file: "serve.seed_compat_clients" },
  registration: { env: "PIPIT_REGISTRATION", file: "serve.registration" },
  auditRetentionDays: { env: "PIPIT_AUDIT_RETENTION_DAYS", file: "serve.audit_retention_days" },
} as const satisfies Record<string, Setting>;
export type SettingName = keyof typeof settings;

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
const booleanSetting = z
  .union([z.boolean(), z.enum(["1", "0", "true", "false"])])
  .transform((value) => value === true || value === "1" || value === "true");

/** What the values must look like. */
export const rules = {
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
  modelUrl: { schema: apiUrl, wants: apiWants("http://127.0.0.1:8080/v1", "PIPIT_MODEL_KEY") },
  model: { schema: text, wants: "the name of a model, 1 to 4096 characters" },
  modelKey: { schema: text, wants: "a key of 1 to 4096 characters" },
  ollamaUrl: { schema: text.transform(ollamaUrl).pipe(httpUrl), wants: "HOST:PORT or an http:// address" },
  speechUrl: { schema: apiUrl, wants: apiWants("http://127.0.0.1:8880/v1", "PIPIT_SPEECH_KEY") },
  speechModel: { schema: text, wants: "the name of a model, 1 to 4096 characters" },
  speechKey: { schema: text, wants: "a key of 1 to 4096 characters" },
  speechVoice: { schema: text, wants: "the name of a voice, 1 to 4096 characters" },
  databaseUrl: {
    schema: z.url({ protocol: /^postgres(ql)?$/ }),
    wants: "a postgres:// address, e.g. postgres://pipit@127.0.0.1:5432/pipit",
  },
  redisUrl: { schema: z.url({ protocol: /^rediss?$/ }), wants: "a redis:// or rediss:// address" },
  issuer: {
    schema: httpUrl.refine(isPageOrigin).transform((value) => new URL(value).origin),
    wants: "an https:// address without a path, e.g. https://pipit.example (http:// only for this machine)",
  },
  trustedProxies: {
    schema: text.transform((value) => value.split(",").map((one) => one.trim())).refine(areNetworks),
    wants: "addresses or networks separated by commas, e.g. 10.0.0.0/8,127.0.0.1",
  },
  masterKey: { schema: text, wants: "32 bytes as base64 or hex" },
  passwordPepper: { schema: text.min(16), wants: "a secret of 16 to 4096 characters" },
  internalAuthKey: { schema: text.min(32), wants: "a key of 32 to 4096 characters" },
  legacyOtpOptional: { schema: booleanSetting, wants: "1 or 0" },
  seedCompatClients: { schema: booleanSetting, wants: "1 or 0" },
  registration: { schema: z.enum(["open", "closed"]), wants: "open or closed" },
  auditRetentionDays: {
    schema: z.coerce.number().int().min(1).max(36_500),
    wants: "a number of days from 1 to 36500",
  },
} as const;

function apiWants(example: string, key: string): string {
  return `an http:// or https:// address without a name, password or query, e.g. ${example} (a key goes into ${key})`;
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

function areNetworks(values: readonly string[]): boolean {
  return values.every((value) => {
    const [network = "", bits, ...rest] = value.split("/");
    const family = isIP(network);
    if (family === 0 || rest.length > 0) return false;
    return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
  });
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
