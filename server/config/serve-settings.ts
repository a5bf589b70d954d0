import { z } from "zod";
import type { ListenAddress } from "#server/net/listen-address.ts";
import { isOwnMachine } from "#server/net/peer.ts";
import { httpUrl, networks, text, toggle } from "./setting-kinds.ts";
import type { Settings } from "./setting.ts";

const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
const MAX_PORT = 65_535;
const address = z.string().transform((value, context): ListenAddress => {
  const parsed = parseAddress(value);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: "custom", message: "address" });
  return z.NEVER;
});
const folder = { schema: text, wants: "the path of a folder" };
const flagOnly = { schema: z.boolean(), wants: "a flag without a value", initial: false } as const;
const origin = {
  schema: httpUrl.refine(isPageOrigin).transform((value) => new URL(value).origin),
  wants: "an https:// address without a path, e.g. https://pipit.example (http:// only for this machine)",
};
const cap = {
  schema: z.coerce.number().int().min(1).max(100_000),
  wants: "a number from 1 to 100000",
};

const share = {
  schema: z
    .union([
      z.enum(["off", "all"]).transform((word) => (word === "all" ? 1 : undefined)),
      z.coerce.number().min(0).max(1),
    ])
    .optional(),
  wants: "off, all, or a share from 0 to 1",
} as const;

const daysOrEver = {
  schema: z.coerce.number().int().min(0).max(36_500),
  wants: "0 for ever, or a number of days up to 36500",
} as const;

const tokens = {
  schema: z.coerce.number().int().min(0).max(1_000_000_000_000),
  wants: "a number of tokens, 0 or more",
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
    about: "gRPC over HTTP/2",
  },
  tlsCert: {
    flag: "tls-cert",
    takes: "FILE",
    env: "PIPIT_TLS_CERT",
    file: "serve.tls_cert",
    schema: text,
    wants: "the path of a PEM file",
    otherwise: "none: no TLS",
    about: "certificate of both ports with its chain, as PEM; read again when it changes",
  },
  tlsKey: {
    flag: "tls-key",
    takes: "FILE",
    env: "PIPIT_TLS_KEY",
    file: "serve.tls_key",
    schema: text,
    wants: "the path of a PEM file",
    otherwise: "none",
    about: "file of the key of that certificate, as PEM without a passphrase",
  },
  dataDir: {
    ...folder,
    flag: "data",
    takes: "DIR",
    file: "serve.data",
    otherwise: "`$PIPIT_HOME/server`",
    about: "everything that the server keeps",
  },
  memoryDir: {
    ...folder,
    env: "PIPIT_MEMORY_DIR",
    file: "serve.memory_dir",
    wants: "the path of a folder, or off",
    otherwise: "`memory` in the data folder; off with PostgreSQL",
    about: "chats and profiles as Markdown files that people can read; `off` writes none",
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
  /** Of all requests; undefined: none. */
  accessLogShare: {
    env: "PIPIT_ACCESS_LOG",
    file: "serve.access_log",
    ...share,
    initial: "off",
    about:
      "a line in the log for each request (`all`), for a share of them, e.g. `0.01`, and for each that failed; `0`: for those alone. See [Monitoring](operations/monitoring.md#the-access-log)",
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
    wants:
      "a postgres:// address, e.g. postgres://pipit@127.0.0.1:5432/pipit, of one host, or of what leads to the primary among several; its password stands as it is in PIPIT_DATABASE_PASSWORD",
    otherwise: "SQLite in the data folder",
    about:
      "PostgreSQL 15 or newer, e.g. `postgres://pipit@db/pipit?sslmode=verify-full`, at one host; without `sslmode` the connection is not encrypted",
  },
  databasePassword: {
    env: "PIPIT_DATABASE_PASSWORD",
    file: "serve.database_password",
    secret: true,
    schema: text,
    wants: "the password of the database, of 1 to 4096 characters",
    otherwise: "what the address says",
    about: "the password of that database as it is, where its address has none",
  },
  redisUrl: {
    env: "PIPIT_REDIS_URL",
    file: "serve.redis_url",
    secret: true,
    // What a # in the password would leave: another server, and the rest of the password as a fragment.
    schema: z.url({ protocol: /^rediss?$/ }).refine((url) => !url.includes("#")),
    wants:
      "a redis:// or rediss:// address, in whose password signs are escaped: %23 for #, %2F for /, %40 for @",
    otherwise: "the database",
    about:
      "keeps the counters of attempts, carries messages between servers; needs `maxmemory-policy noeviction`",
  },
  trustedProxies: {
    ...networks,
    env: "PIPIT_TRUSTED_PROXIES",
    file: "serve.trusted_proxies",
    about: "addresses and networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed",
  },
  tokensPerDay: {
    ...tokens,
    env: "PIPIT_TOKENS_PER_DAY",
    file: "serve.tokens_per_day",
    about: "tokens that one account may use in a day (UTC), questions and answers together; `0`: any number",
  },
  tokensPerMonth: {
    ...tokens,
    env: "PIPIT_TOKENS_PER_MONTH",
    file: "serve.tokens_per_month",
    about: "tokens that one account may use in a calendar month (UTC); `0`: any number",
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
    about:
      "sockets for events, and as many streams of messages, that may be open at once for one account on one server",
  },
  socketsPerAddress: {
    ...cap,
    env: "PIPIT_SOCKETS_PER_ADDRESS",
    file: "serve.sockets_per_address",
    initial: "1000",
    about:
      "sockets for events, and as many streams of messages, that may be open at once for one network address on one server",
  },
  roomMessagesPerMinute: {
    ...cap,
    env: "PIPIT_ROOM_MESSAGES_PER_MINUTE",
    file: "serve.room_messages_per_minute",
    initial: "1000",
    about: "messages that one account may send to rooms, or change there, in a minute",
  },
  eventBatchesPerMinute: {
    ...cap,
    env: "PIPIT_EVENT_BATCHES_PER_MINUTE",
    file: "serve.event_batches_per_minute",
    initial: "120",
    about: "batches of up to 1000 events that one account may send in a minute",
  },
  eventsKeptDays: {
    ...cap,
    env: "PIPIT_EVENTS_KEPT_DAYS",
    file: "serve.events_kept_days",
    initial: "90",
    about: "days that events of programs are kept after they came",
  },
  shutdownDelaySeconds: {
    env: "PIPIT_SHUTDOWN_DELAY",
    file: "serve.shutdown_delay",
    schema: z.coerce.number().int().min(0).max(300),
    wants: "a number of seconds from 0 to 300",
    initial: "0",
    about: "seconds for which a server that is to stop takes all, while `/ready` tells balancers 503",
  },
  chatsKeptDays: {
    ...daysOrEver,
    initial: "0",
    env: "PIPIT_CHATS_KEPT_DAYS",
    file: "serve.chats_kept_days",
    about:
      "days after the last message, or the import of it, that a chat is kept, also one that is pinned; `0`: for ever",
  },
  usageKeptDays: {
    ...daysOrEver,
    // Limits of tokens look at a calendar month.
    schema: daysOrEver.schema.refine((days) => days === 0 || days > 31),
    wants: "0 for ever, or a number of days from 32 to 36500",
    initial: "400",
    env: "PIPIT_USAGE_KEPT_DAYS",
    file: "serve.usage_kept_days",
    about: "days that counts of tokens and reports of usage are kept; `0`: for ever",
  },
  usedTokensKeptDays: {
    ...daysOrEver,
    wants: "a number of days from 0 to 36500",
    initial: "30",
    env: "PIPIT_USED_TOKENS_KEPT_DAYS",
    file: "serve.used_tokens_kept_days",
    about: "days after its own end that a used refresh token is known, so that its reuse ends the session",
  },
  legacyAnonymous: {
    ...toggle,
    env: "PIPIT_LEGACY_ANONYMOUS",
    file: "serve.legacy_anonymous",
    about: "`1` admits original clients, which send no token, from this machine only",
  },
} as const satisfies Settings;

function parseAddress(value: string): ListenAddress | undefined {
  const [, ipv6, name, port] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+)):(\d{1,5})$/i.exec(value) ?? [];
  const host = ipv6 ?? name;
  return host === undefined || Number(port) > MAX_PORT ? undefined : { host, port: Number(port) };
}

/** Cookies of the page are for TLS away from this machine, and it lives at the root of its host. */
function isPageOrigin(value: string): boolean {
  const url = new URL(value);
  const here = isOwnMachine(url.hostname);
  return url.href === `${url.origin}/` && (url.protocol === "https:" || here);
}
