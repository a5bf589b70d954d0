import { createClient } from "redis";
import { PipitError } from "#contract/pipit-error.ts";
import type { Logger } from "#contract/logger.ts";
import { createOutage } from "#server/domain/outage.ts";
import { counterScripts } from "./redis-counter-scripts.ts";

/** Commands here take well under a millisecond; a sign-in waits for each of them. */
const DEFAULT_COMMAND_TIMEOUT_MS = 500;
/** The most that one look at the clock counts: if more has passed, this process stood still, and Redis is not to blame. */
const TICK_MS = 50;
/** In command time-outs: how often an idle connection is tried, and how long it may be silent. */
const PING_TIMES = 4;
const SILENCE_TIMES = 8;
const CONNECT_TIMEOUT_MS = 1000;
const FIRST_RECONNECT_MS = 50;
const MAX_RECONNECT_MS = 1000;
/** Commands without an answer yet. */
const MAX_OPEN_COMMANDS = 1000;
const RETRY_AFTER_MS = 1000;
const wrongPassword = /^(?:NOAUTH|WRONGPASS|NOPERM|ERR invalid password|ERR AUTH)/;
const PASSWORD_CURE =
  "Correct the user and password in the Redis address of this server and start it again, or take back what was changed in Redis.";

type RedisClient = ReturnType<typeof createRedisClient>;

export interface RedisConnectionOptions {
  /** redis:// or rediss:// with user and password where the server wants them, or unix:///path. */
  readonly url: string;
  readonly logger: Logger;
  readonly commandTimeoutMs?: number;
  /** Told how long a command took, in milliseconds, and whether it failed. */
  readonly onCommand?: ((durationMs: number, failed: boolean) => void) | undefined;
}

/**
 * One connection to Redis that comes back by itself, within a second of the server. While it is down, every call fails
 * at once. All failures are LIMITS_UNREACHABLE. Begins to connect, and does not wait for it.
 *
 * @throws PipitError CONFIG_INVALID for an address that cannot be read
 */
export function createRedisConnection(options: RedisConnectionOptions) {
  const { url, logger, commandTimeoutMs = DEFAULT_COMMAND_TIMEOUT_MS, onCommand } = options;
  checkUrl(url);
  const client = createRedisClient(url, commandTimeoutMs);
  const clients = [client];
  let lostBy: unknown;
  client.on("error", (error: unknown) => (lostBy = error));
  connect(client, "limits", logger);
  /** Commands whose time is over, and that Redis has not answered. */
  let overdue = 0;

  const send = async <T>(
    command: (client: RedisClient) => Promise<T>,
    onLate?: (reply: T) => void,
  ): Promise<T> => {
    if (!client.isReady || overdue > 0) throw unreachable("not connected");
    const limit = Promise.withResolvers<never>();
    let ticksLeft = Math.ceil(commandTimeoutMs / TICK_MS);
    const timer = setInterval(() => {
      ticksLeft -= 1;
      if (ticksLeft > 0) return;
      clearInterval(timer);
      overdue += 1;
      limit.reject(unreachable(`no answer within ${commandTimeoutMs} ms`));
    }, TICK_MS);
    const settled = (): boolean => {
      clearInterval(timer);
      if (ticksLeft > 0) return false;
      overdue -= 1;
      return true;
    };
    const reply = command(client).then(
      (value) => {
        if (settled()) onLate?.(value);
        return value;
      },
      (reason: unknown) => {
        settled();
        // Redis' own words hold no password, and keys are hashes.
        throw unreachable(wordsOf(reason), reason);
      },
    );
    const answered = Promise.race([reply, limit.promise]);
    return onCommand === undefined ? answered : timedCommand(answered, onCommand);
  };

  return {
    /** Never "connected" while commands go unanswered. */
    status: () => (client.isReady && overdue === 0 ? "connected" : "down"),
    /** Redis' own words why there is no connection, or those of the network; no password is in them. */
    reason: () => (lostBy === undefined ? undefined : wordsOf(lostBy)),
    /** Resolves when Redis answers. */
    async ping(): Promise<void> {
      await send((asked) => asked.ping());
    },
    /** `onLate` gets an answer that came after its time, when the call has failed already. */
    send,
    /** Another connection to the same Redis, for subscriptions; connecting, and ended with this one. */
    openSubscriber(): RedisClient {
      const subscriber = client.duplicate();
      clients.push(subscriber);
      connect(subscriber, "bus", logger);
      return subscriber;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      for (const one of clients) one.destroy();
    },
  };
}

async function timedCommand<T>(
  answer: Promise<T>,
  onCommand: (durationMs: number, failed: boolean) => void,
): Promise<T> {
  const startedMs = performance.now();
  let failed = true;
  try {
    const reply = await answer;
    failed = false;
    return reply;
  } finally {
    onCommand(performance.now() - startedMs, failed);
  }
}

export type RedisConnection = ReturnType<typeof createRedisConnection>;

/** Tries until it is destroyed, and tells the log. */
function connect(client: RedisClient, user: "limits" | "bus", logger: Logger): void {
  const outage = createOutage(logger, { lost: `${user}.redis_lost`, back: `${user}.redis_connected` });
  client.on("ready", () => {
    // The first connection is told as well.
    if (outage.lasts) outage.works();
    else logger.info(`${user}.redis_connected`);
  });
  // Also with every try to connect again. A password that is not right any more has a line of its own: that the connection
  // was closed, which comes first, does not say so. Without a listener it would end the process.
  client.on("error", (error: unknown) => {
    const reason = wordsOf(error);
    const refuses = wrongPassword.test(reason);
    if (refuses) outage.failed("refused", { reason, cure: PASSWORD_CURE });
    else if (!outage.lasts) outage.failed("lost", { reason });
  });
  client.connect().catch(() => undefined);
}

function createRedisClient(url: string, commandTimeoutMs: number) {
  return createClient({
    url,
    scripts: counterScripts,
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      // Nothing is sent after a command that is overdue, so a dead connection is quiet for so long, and is replaced.
      socketTimeout: SILENCE_TIMES * commandTimeoutMs,
      reconnectStrategy: (tries) => Math.min(FIRST_RECONNECT_MS * 2 ** Math.min(tries, 10), MAX_RECONNECT_MS),
    },
    pingInterval: PING_TIMES * commandTimeoutMs,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_OPEN_COMMANDS,
  });
}

/** Refuses at the start what the Redis client would refuse only at its first use. */
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
