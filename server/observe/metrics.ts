import type { ErrorCode } from "#contract/error-codes.ts";
import type { AuthMetrics } from "../domain/auth-metrics.ts";
import type { WorkMetrics } from "../domain/work-metrics.ts";
import type { DatabaseWatch } from "../store/sql/database-watch.ts";
import type { MetricSet, MetricSources } from "./metric-set.ts";

/** Distinct values of one label; more are counted as "other", whatever they are. */
const MAX_LABEL_VALUES = 50;
/** What happened before the library was loaded is kept up to here. */
const MAX_PENDING = 10_000;
const OTHER = "other";

/** Short names of the grant types (RFC 6749 §4, RFC 8628 §3.4, ours). */
const grantLabels: Readonly<Record<string, string>> = {
  password: "password",
  refresh_token: "refresh_token",
  authorization_code: "authorization_code",
  client_credentials: "client_credentials",
  "urn:ietf:params:oauth:grant-type:device_code": "device_code",
  "urn:pipit:params:oauth:grant-type:local": "local",
};

export interface HttpMetrics {
  /** `route`: its pattern, never a path that a client sent; undefined when no route matched. */
  httpRequest(route: string | undefined, status: number, durationMs: number): void;
}

/** Of calls by gRPC, gRPC-Web and Connect, and of errors on all ports. */
export interface CallMetrics {
  /** @param method service and method, as the server declares them @param code e.g. "ok", "permission_denied" */
  rpc(method: string, code: string, durationMs: number): void;
  /** A client is told an error. */
  errorTold(code: ErrorCode): void;
}

/** Why a socket was closed. */
export type SocketEnd = "peer" | "stopping" | "revoked" | "unread" | "silent" | "error";

/** Of the sockets on which clients hear what happens to their accounts. */
export interface SocketMetrics {
  socketOpened(): void;
  socketClosed(why: SocketEnd): void;
  /** Something was written to one. */
  socketTold(): void;
  /** One that lagged is told to read all anew. */
  socketResync(): void;
  /** From a change until a socket that had all before it was told. */
  syncLag(lagMs: number): void;
}

/** What the server counts and measures; see docs/operations/monitoring.md. */
export interface Metrics
  extends AuthMetrics, HttpMetrics, CallMetrics, SocketMetrics, WorkMetrics, Disposable {
  readonly database: DatabaseWatch;
  roomLag(lagMs: number): void;
  /** When the server's own certificate expires, in seconds since 1970. */
  certificateExpires(atSeconds: number): void;
  programEvent(status: "success" | "duplicate" | "rejected"): void;
  /** `kind`: a name of ours. */
  removed(kind: string, count: number): void;
  /**
   * Loads the library that keeps the numbers, which takes a tenth of a start; so it is asked for after the start. What
   * was counted before is kept.
   */
  load(): Promise<void>;
  /** Everything in Prometheus' text format. */
  text(): Promise<{ readonly contentType: string; readonly body: string }>;
}

export function createMetrics(sources: MetricSources): Metrics {
  const label = createLabels();
  let loading: Promise<MetricSet> | undefined;
  let set: MetricSet | undefined;
  const pending: ((set: MetricSet) => void)[] = [];
  const load = (): Promise<MetricSet> => (loading ??= loadSet(sources, pending).then((made) => (set = made)));
  const record: Recording = (work) => {
    if (set !== undefined) work(set);
    else if (pending.length < MAX_PENDING) pending.push(work);
  };
  return {
    tokenRequest: (grant, outcome, durationMs, clientId) =>
      record(({ tokenRequests, tokenRequestSeconds }) => {
        const grant_type = grantLabels[grant] ?? OTHER;
        const client_id = clientId === undefined ? "" : label("client", clientId);
        tokenRequests.inc({ grant_type, outcome: label("outcome", outcome), client_id });
        tokenRequestSeconds.observe({ grant_type }, durationMs / 1000);
      }),
    successfulLogin: () => record(({ successfulLogins }) => successfulLogins.inc()),
    failedLogin: (reason) =>
      record(({ failedLogins }) => failedLogins.inc({ reason: label("reason", reason) })),
    refreshRotation: (outcome) =>
      record(({ refreshRotations }) => refreshRotations.inc({ outcome: label("rotation", outcome) })),
    refreshReuse: () => record(({ refreshReuses }) => refreshReuses.inc()),
    passwordGrant: (clientId) =>
      record(({ passwordGrants }) => passwordGrants.inc({ client_id: label("client", clientId) })),
    authenticatedRequest: (method) =>
      record(({ authenticatedRequests }) => authenticatedRequests.inc({ method })),
    httpRequest: (pattern, status, durationMs) =>
      record(({ httpRequests, httpRequestSeconds }) => {
        const route = pattern ?? "none";
        httpRequests.inc({ route, status: statusClass(status) });
        httpRequestSeconds.observe({ route }, durationMs / 1000);
      }),
    ...workMetrics(record),
    rpc: (method, code, durationMs) =>
      record(({ rpcs, rpcSeconds }) => {
        rpcs.inc({ method, code });
        rpcSeconds.observe({ method }, durationMs / 1000);
      }),
    errorTold: (code) => record(({ errors }) => errors.inc({ code })),
    database: {
      statement: (statement, durationMs) =>
        record(({ statementSeconds }) => statementSeconds.observe({ statement }, durationMs / 1000)),
      failed: (code) => record(({ databaseErrors }) => databaseErrors.inc({ code })),
    },
    auditDamaged: () => record(({ auditDamage }) => auditDamage.inc()),
    roomLag: (lagMs) => record(({ roomLagSeconds }) => roomLagSeconds.observe(lagMs / 1000)),
    socketOpened: () => record(({ sockets }) => sockets.inc()),
    socketClosed: (reason) =>
      record(({ sockets, socketCloses }) => {
        sockets.dec();
        socketCloses.inc({ reason });
      }),
    socketTold: () => record(({ socketMessages }) => socketMessages.inc()),
    socketResync: () => record(({ socketResyncs }) => socketResyncs.inc()),
    syncLag: (lagMs) => record(({ syncLagSeconds }) => syncLagSeconds.observe(lagMs / 1000)),
    certificateExpires: (atSeconds) => record(({ certificate }) => certificate.set(atSeconds)),
    programEvent: (status) => record(({ programEvents }) => programEvents.inc({ status })),
    removed: (kind, count) => record(({ removedRows }) => removedRows.inc({ kind }, count)),
    async load() {
      await load();
    },
    async text() {
      const { registry } = await load();
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
    [Symbol.dispose]: () => set?.processWatch[Symbol.dispose](),
  };
}

/** Runs `work` once there is a set. */
type Recording = (work: (set: MetricSet) => void) => void;

function workMetrics(record: Recording): WorkMetrics {
  return {
    turnStarted: () =>
      record(({ turnsStarted, turnsRunning }) => {
        turnsStarted.inc();
        turnsRunning.inc();
      }),
    turnEnded: (how) =>
      record(({ turnsEnded, turnsRunning }) => {
        turnsEnded.inc({ outcome: how });
        turnsRunning.dec();
      }),
    firstToken: (afterMs) => record(({ firstTokenSeconds }) => firstTokenSeconds.observe(afterMs / 1000)),
    modelAsked: () => record(({ modelRequests }) => modelRequests.inc()),
    modelFailed: (code) => record(({ modelErrors }) => modelErrors.inc({ code })),
    sentenceSpoken: (provider, outcome, durationMs) =>
      record(({ sentences, sentenceSeconds }) => {
        sentences.inc({ provider, outcome });
        sentenceSeconds.observe({ provider }, durationMs / 1000);
      }),
  };
}

async function loadSet(sources: MetricSources, pending: ((set: MetricSet) => void)[]): Promise<MetricSet> {
  const { createMetricSet } = await import("./metric-set.ts");
  const set = createMetricSet(sources);
  for (const work of pending.splice(0)) work(set);
  return set;
}

function statusClass(status: number): string {
  return status >= 100 && status < 600 ? `${Math.trunc(status / 100)}xx` : OTHER;
}

/** Keeps labels few: of each kind the first {@link MAX_LABEL_VALUES} that look like names. */
function createLabels(): (kind: string, value: string) => string {
  const known = new Map<string, Set<string>>();
  return (kind, value) => {
    const values = known.get(kind) ?? new Set();
    known.set(kind, values);
    if (values.has(value)) return value;
    if (values.size >= MAX_LABEL_VALUES || !/^[\w.:-]{1,64}$/.test(value)) return OTHER;
    values.add(value);
    return value;
  };
}
