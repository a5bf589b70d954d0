import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { RoomCounts } from "#server/domain/rooms/rooms.ts";
import { gauge } from "./gauge.ts";
import { addDiskMetrics, addProcessMetrics } from "./process-metric-set.ts";
import { answerMetrics, callMetrics, databaseMetrics } from "./work-metric-set.ts";

/** About 5 ms, a token by ES256, to 2 s, where a client gives up; 0.2 is the goal that alerts look at. */
const DURATION_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2];

/** The bus takes milliseconds; without it a server looks every 0.7 s for messages, and every second for changes. */
const LAG_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15];

/** What gauges read at a scrape. */
export interface MetricSources {
  /** Resolves when the database answers. */
  readonly pingDatabase: () => Promise<void>;
  /** "disabled" is a setting, not a state. */
  readonly redisStatus: () => RedisStatus | Promise<RedisStatus>;
  /** Passwords that wait for their turn to be hashed. */
  readonly passwordQueueDepth: () => number;
  /** How much waits, by what it waits for; names of ours. */
  readonly queues: () => Readonly<Record<string, number>>;
  /** Undefined without an embeddings server; false while it does not answer. */
  readonly embeddingsAnswer: () => boolean | undefined;
  /** How many turns no vector tells of yet, at most; undefined without an embeddings server. */
  readonly embeddingsBacklog: () => Promise<number | undefined>;
  /** The path of the data folder. */
  readonly dataFolder: string;
  /** Undefined until the server has been built. */
  readonly rooms: () => RoomCounts | undefined;
  /** Of this machine's clock before the database's; undefined where it is the same. */
  readonly clockAheadSeconds: () => number | undefined;
  /** False when secrets in the database are sealed with a key that the server does not have. */
  readonly masterKeyIsRight: () => boolean;
  /** When a backup was last restored and found whole, epoch milliseconds; 0: never. */
  readonly restoreProvenAtMs: () => Promise<number | undefined>;
}

export type RedisStatus = "connected" | "disabled" | "down";

/** A scrape waits no longer for a database that does not answer. */
const PING_TIMEOUT_MS = 2_000;

/** Every metric of the server, in a registry of its own. */
export function createMetricSet(sources: MetricSources) {
  const registry = new Registry();
  addServiceGauges(registry, sources);
  addDiskMetrics(registry, sources.dataFolder);
  addQueueDepths(registry, sources);
  return {
    registry,
    processWatch: addProcessMetrics(registry),
    ...authMetrics(registry),
    ...httpMetrics(registry),
    ...roomMetrics(registry, sources),
    ...socketMetrics(registry),
    ...eventMetrics(registry),
    ...answerMetrics(registry),
    ...callMetrics(registry),
    ...databaseMetrics(registry),
    certificate: certificateGauge(registry),
  };
}

export type MetricSet = ReturnType<typeof createMetricSet>;

function authMetrics(registry: Registry) {
  const registers = [registry];
  return {
    tokenRequests: new Counter({
      name: "auth_token_requests_total",
      help: "Requests to the token endpoint.",
      labelNames: ["grant_type", "outcome", "client_id"],
      registers,
    }),
    tokenRequestSeconds: new Histogram({
      name: "auth_token_request_duration_seconds",
      help: "How long requests to the token endpoint took.",
      labelNames: ["grant_type"],
      buckets: DURATION_BUCKETS_SECONDS,
      registers,
    }),
    successfulLogins: new Counter({
      name: "auth_successful_logins_total",
      help: "Sign-ins by password that succeeded.",
      registers,
    }),
    failedLogins: new Counter({
      name: "auth_failed_login_attempts_total",
      help: "Sign-ins that were refused, by reason.",
      labelNames: ["reason"],
      registers,
    }),
    refreshRotations: new Counter({
      name: "auth_refresh_token_rotations_total",
      help: "Uses of refresh tokens: rotated, replayed (a retry), or why it was refused.",
      labelNames: ["outcome"],
      registers,
    }),
    refreshReuses: new Counter({
      name: "auth_refresh_token_reuse_total",
      help: "Refresh tokens that were used after their successor; each ended a session.",
      registers,
    }),
    passwordGrants: new Counter({
      name: "auth_password_grant_total",
      help: "Uses of the password grant, which is to be given up (RFC 9700 section 2.4).",
      labelNames: ["client_id"],
      registers,
    }),
    authenticatedRequests: new Counter({
      name: "auth_authenticated_requests_total",
      help: "Requests by how they said who they are.",
      labelNames: ["method"],
      registers,
    }),
  } as const;
}

function httpMetrics(registry: Registry) {
  const registers = [registry];
  return {
    httpRequests: new Counter({
      name: "pipit_http_requests_total",
      help: "Requests by route and class of their status.",
      labelNames: ["route", "status"],
      registers,
    }),
    httpRequestSeconds: new Histogram({
      name: "pipit_http_request_duration_seconds",
      help: "How long requests took until the last byte of their answer.",
      labelNames: ["route"],
      buckets: DURATION_BUCKETS_SECONDS,
      registers,
    }),
  } as const;
}

/** Has no value where the server speaks no TLS. */
function certificateGauge(registry: Registry): Gauge {
  const certificate = new Gauge({
    name: "pipit_certificate_expires_seconds",
    help: "When the server's own certificate expires, in seconds since 1970.",
    registers: [registry],
  });
  certificate.remove();
  return certificate;
}

function eventMetrics(registry: Registry) {
  return {
    removedRows: new Counter({
      name: "pipit_removed_total",
      help: "What was removed because it had ended or was kept long enough, by kind.",
      labelNames: ["kind"],
      registers: [registry],
    }),
    programEvents: new Counter({
      name: "pipit_program_events_total",
      help: "Events that programs have sent, by what became of them.",
      labelNames: ["status"],
      registers: [registry],
    }),
  } as const;
}

function roomMetrics(registry: Registry, { rooms }: MetricSources) {
  const registers = [registry];
  const count = (name: string, help: string, read: (counts: RoomCounts) => number): void => {
    const counter = new Counter({
      name,
      help,
      registers,
      collect() {
        const counts = rooms();
        this.reset();
        this.inc(counts === undefined ? 0 : read(counts));
      },
    });
    counter.inc(0);
  };
  gauge(registers, "pipit_room_readers", "Streams of rooms that are open.", () => rooms()?.readers ?? 0);
  count("pipit_room_deliveries_total", "Messages and events given to readers.", (of) => of.delivered);
  count("pipit_room_readers_dropped_total", "Readers ended as too slow.", (of) => of.tooSlow);
  return {
    roomLagSeconds: new Histogram({
      name: "pipit_room_lag_seconds",
      help: "From the storing of a message until this server has it for its readers.",
      buckets: LAG_BUCKETS_SECONDS,
      registers,
    }),
  } as const;
}

function socketMetrics(registry: Registry) {
  const registers = [registry];
  return {
    sockets: new Gauge({ name: "pipit_sockets", help: "Sockets for events that are open.", registers }),
    socketMessages: new Counter({
      name: "pipit_socket_messages_total",
      help: "Messages that were written to sockets: events, pings, and answers to pings.",
      registers,
    }),
    socketResyncs: new Counter({
      name: "pipit_socket_resyncs_total",
      help: "Sockets that lagged, and were told to read all anew.",
      registers,
    }),
    socketCloses: new Counter({
      name: "pipit_socket_closes_total",
      help: "Sockets that were closed, by reason.",
      labelNames: ["reason"],
      registers,
    }),
    syncLagSeconds: new Histogram({
      name: "pipit_sync_lag_seconds",
      help: "From a change of an account until a socket of it was told.",
      buckets: LAG_BUCKETS_SECONDS,
      registers,
    }),
  } as const;
}

function addServiceGauges(registry: Registry, sources: MetricSources): void {
  const registers = [registry];
  gauge(registers, "pipit_database_up", "1 while the database answers.", async () =>
    (await answersInTime(sources.pingDatabase)) ? 1 : 0,
  );
  gauge(registers, "pipit_redis_up", "1 while Redis answers; no value without Redis.", async () => {
    const status = await Promise.resolve(sources.redisStatus()).catch(() => "down" as const);
    return status === "disabled" ? undefined : Number(status === "connected");
  });
  gauge(
    registers,
    "pipit_clock_ahead_seconds",
    "How far this machine's clock is ahead of the database's; no value with SQLite.",
    () => sources.clockAheadSeconds(),
  );
  gauge(
    registers,
    "pipit_restore_proven_seconds",
    "When a backup was last restored and found whole, in seconds since 1970; 0: never.",
    async () => {
      const atMs = await sources.restoreProvenAtMs().catch(() => undefined);
      return atMs === undefined ? undefined : atMs / 1000;
    },
  );
  gauge(
    registers,
    "pipit_master_key_right",
    "0 while something in the database is sealed with a master key that the server does not have.",
    () => Number(sources.masterKeyIsRight()),
  );
  gauge(registers, "auth_password_queue_depth", "Passwords that wait to be checked.", () =>
    sources.passwordQueueDepth(),
  );
}

function addQueueDepths(
  registry: Registry,
  { queues, embeddingsAnswer, embeddingsBacklog }: MetricSources,
): void {
  const depth: Gauge<"queue"> = new Gauge({
    name: "pipit_queue_depth",
    help: "What waits for its turn, by queue.",
    labelNames: ["queue"],
    registers: [registry],
    collect() {
      for (const [queue, waiting] of Object.entries(queues())) depth.set({ queue }, waiting);
    },
  });
  const help = "1 while the embeddings server answers; no value without one.";
  gauge([registry], "pipit_embeddings_up", help, () => {
    const answers = embeddingsAnswer();
    return answers === undefined ? undefined : Number(answers);
  });
  gauge(
    [registry],
    "pipit_embeddings_backlog",
    "Turns that the embeddings model has not read yet, at most; no value without an embeddings server.",
    () => embeddingsBacklog().catch(() => undefined),
  );
}

async function answersInTime(ping: () => Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PING_TIMEOUT_MS);
  });
  const answer = ping().then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
