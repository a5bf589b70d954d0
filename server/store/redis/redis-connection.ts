import type { createClient } from "redis";
import { PipitError } from "#contract/pipit-error.ts";
import type { Logger } from "#contract/logger.ts";

/** Commands here take well under a millisecond; whoever waits for one holds a sign-in up. */
const DEFAULT_COMMAND_TIMEOUT_MS = 500;
const CONNECT_TIMEOUT_MS = 1000;
const FIRST_RECONNECT_MS = 50;
const MAX_RECONNECT_MS = 1000;
/** A connection on which nothing comes for so long, after a command has timed out or its greeting, is dead. */
const SILENCE_MS = 1500;
/** Commands without an answer yet. */
const MAX_OPEN_COMMANDS = 1000;
const RETRY_AFTER_MS = 1000;

type Client = ReturnType<typeof createRedisClient>;
type CreateClient = typeof createClient;

/** What a script of ours answers: integers. */
export type ScriptReply = readonly number[];

export interface ScriptCall {
  readonly script: RedisScript;
  readonly key: string;
  readonly args: readonly string[];
  /** Gets an answer that came after its time, when the call has failed already. */
  readonly onLate?: (reply: ScriptReply) => void;
}

/** A Lua script and the SHA-1 by which Redis knows it. */
export interface RedisScript {
  readonly source: string;
  readonly sha1: string;
}

/**
 * One connection to Redis that comes back by itself, within a second of the server. While it is down, every call fails
 * at once. All failures are LIMITS_UNREACHABLE.
 */
export interface RedisConnection extends AsyncDisposable {
  /** Never "connected" while commands go unanswered. */
  status(): "connected" | "down";
  /** Resolves when Redis answers. */
  ping(): Promise<void>;
  /** Runs a script on one key. */
  run(call: ScriptCall): Promise<ScriptReply>;
  remove(key: string): Promise<void>;
}

export interface RedisConnectionOptions {
  /** redis:// or rediss:// with user and password where the server wants them, or unix:///path. */
  readonly url: string;
  readonly logger: Logger;
  readonly commandTimeoutMs?: number;
}

/** Begins to connect, and does not wait for it. Throws CONFIG_INVALID for an address that cannot be read. */
export function createRedisConnection(options: RedisConnectionOptions): RedisConnection {
  const { url, logger, commandTimeoutMs = DEFAULT_COMMAND_TIMEOUT_MS } = options;
  checkUrl(url);
  let create: CreateClient | undefined;
  let client: Client | undefined;
  let suspicion: NodeJS.Timeout | undefined;
  let disposed = false;

  const heard = (): void => {
    clearTimeout(suspicion);
    suspicion = undefined;
  };
  const open = (): void => {
    if (disposed || create === undefined) return;
    const opened = createRedisClient(create, url);
    client = opened;
    logChanges(opened, logger);
    // The client itself waits for ever for an answer to its greeting.
    opened.on("connect", () => suspect(opened));
    opened.on("ready", heard);
    // It tries until it is destroyed, and its errors are heard above.
    opened.connect().catch(() => undefined);
  };
  /** Replaces the connection unless something comes on it. */
  const suspect = (silent: Client): void => {
    if (suspicion !== undefined || disposed || silent !== client) return;
    suspicion = setTimeout(() => {
      suspicion = undefined;
      logger.warn("limits.redis_silent", { silentMs: SILENCE_MS });
      silent.destroy();
      open();
    }, SILENCE_MS);
  };
  const load = async (): Promise<void> => {
    // A tenth of a second and 30 MB that a server without Redis does without.
    ({ createClient: create } = await import("redis"));
    open();
  };
  load().catch((reason: unknown) => logger.error("limits.redis_unusable", { reason: wordsOf(reason) }));

  const send = async <T>(
    command: (client: Client) => Promise<T>,
    onLate?: (reply: T) => void,
  ): Promise<T> => {
    const asked = client;
    if (disposed || asked?.isReady !== true) throw unreachable("not connected");
    const limit = Promise.withResolvers<never>();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      suspect(asked);
      limit.reject(unreachable(`no answer within ${commandTimeoutMs} ms`));
    }, commandTimeoutMs);
    const reply = command(asked).then((value) => {
      if (asked === client) heard();
      if (isLate) onLate?.(value);
      return value;
    });
    try {
      return await Promise.race([reply, limit.promise]);
    } catch (reason) {
      // Redis' own words hold no password, and keys are hashes.
      throw reason instanceof PipitError ? reason : unreachable(wordsOf(reason), reason);
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    status: () => (client?.isReady === true && suspicion === undefined ? "connected" : "down"),
    async ping() {
      await send((asked) => asked.ping());
    },
    run: ({ script, key, args, onLate }) => send((asked) => evaluate(asked, script, key, args), onLate),
    async remove(key) {
      await send((asked) => asked.del(key));
    },
    async [Symbol.asyncDispose]() {
      if (disposed) return;
      disposed = true;
      heard();
      client?.destroy();
    },
  };
}

function logChanges(client: Client, logger: Logger): void {
  let isLost = false;
  client.on("ready", () => {
    isLost = false;
    logger.info("limits.redis_connected");
  });
  // Also with every try to connect again; one line per loss is enough. Without a listener it would end the process.
  client.on("error", (error: unknown) => {
    if (!isLost) logger.warn("limits.redis_lost", { reason: wordsOf(error) });
    isLost = true;
  });
}

function createRedisClient(create: CreateClient, url: string) {
  return create({
    url,
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectStrategy: (tries) => Math.min(FIRST_RECONNECT_MS * 2 ** Math.min(tries, 10), MAX_RECONNECT_MS),
    },
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_OPEN_COMMANDS,
  });
}

/** Whatever the client would refuse later, when it is too late to say so. */
function checkUrl(url: string): void {
  if (url.startsWith("unix:///")) return;
  try {
    const { protocol, hostname, pathname, username, password } = new URL(url);
    decodeURIComponent(username + password);
    if (/^rediss?:$/.test(protocol) && hostname !== "" && /^(\/\d*)?$/.test(pathname)) return;
  } catch {
    // The same as any other; the parser's error carries the address, and that may hold a password.
  }
  throw new PipitError(
    "CONFIG_INVALID",
    'The Redis address cannot be read. Write it like "redis://user:password@host:6379/0", or rediss:// for TLS.',
    { field: "redis.url" },
  );
}

/** By its hash; in full when this server has not seen it yet (it was restarted). */
async function evaluate(
  client: Client,
  { source, sha1 }: RedisScript,
  key: string,
  args: readonly string[],
): Promise<ScriptReply> {
  const call = { keys: [key], arguments: [...args] };
  try {
    return toNumbers(await client.evalSha(sha1, call));
  } catch (reason) {
    if (!(reason instanceof Error && reason.message.startsWith("NOSCRIPT"))) throw reason;
    return toNumbers(await client.eval(source, call));
  }
}

function toNumbers(reply: unknown): ScriptReply {
  if (Array.isArray(reply) && reply.every((value) => typeof value === "number")) return reply;
  throw unreachable("an answer of another shape");
}

function wordsOf(reason: unknown): string {
  if (reason instanceof AggregateError) return reason.errors.map(wordsOf).join("; ");
  return reason instanceof Error ? reason.message || reason.name : String(reason);
}

function unreachable(detail: string, cause?: unknown): PipitError {
  return new PipitError(
    "LIMITS_UNREACHABLE",
    "The server cannot count sign-ins now (its Redis does not answer), so it takes none. Try again in a moment.",
    { detail, retryAfterMs: RETRY_AFTER_MS, ...(cause !== undefined && { cause }) },
  );
}
