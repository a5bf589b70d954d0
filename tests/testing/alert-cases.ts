import type { AlertCase } from "#tools/test/promtool.ts";

/** Longer than all alerts wait, but for those of {@link PATIENT}. */
const MINUTES = 40;
const PATIENT: ReadonlySet<string> = new Set(["PipitCertificateExpires", "PipitRestoreNotProven"]);
const PATIENT_MINUTES = 70;
const flat = (value: number | string): string => `${value}x${PATIENT_MINUTES}`;
const growing = (perMinute: number): string => `0+${perMinute}x${PATIENT_MINUTES}`;
const at = 'instance="one",job="pipit"';
/** Of the prober that asks as people do. */
const address = 'instance="pipit.example",job="pipit-address"';

/** An hour of a server to which nothing has happened: everything that alerts look at, as a scrape has it. */
const healthy: Readonly<Record<string, string>> = {
  [`up{${at}}`]: flat(1),
  [`process_start_time_seconds{${at}}`]: flat(100),
  [`auth_failed_login_attempts_total{${at},reason="wrong-password"}`]: growing(1),
  [`auth_successful_logins_total{${at}}`]: growing(5),
  ...histogram(
    "auth_token_request_duration_seconds",
    'grant_type="refresh_token"',
    [0.01, 0.1, 0.2, 0.5, 1],
    0.1,
  ),
  [`auth_password_queue_depth{${at}}`]: flat(2),
  [`auth_refresh_token_reuse_total{${at}}`]: flat(3),
  [`pipit_database_up{${at}}`]: flat(1),
  [`pipit_redis_up{${at}}`]: flat(1),
  [`pipit_clock_ahead_seconds{${at}}`]: flat(-0.4),
  [`pipit_master_key_right{${at}}`]: flat(1),
  [`pipit_embeddings_up{${at}}`]: flat(1),
  // Long, and read.
  [`pipit_embeddings_backlog{${at}}`]: `1000000-900x${PATIENT_MINUTES}`,
  // promtool's time begins at 0.
  [`pipit_certificate_expires_seconds{${at}}`]: flat(60 * 86_400),
  [`probe_success{${address}}`]: flat(1),
  [`probe_ssl_earliest_cert_expiry{${address}}`]: flat(60 * 86_400),
  [`pipit_restore_proven_seconds{${at}}`]: flat(0),
  [`pipit_http_requests_total{${at},route="/health",status="2xx"}`]: growing(600),
  [`pipit_http_requests_total{${at},route="/v1/chats",status="5xx"}`]: growing(3),
  [`pipit_rpc_requests_total{${at},method="m",code="ok"}`]: growing(200),
  [`pipit_rpc_requests_total{${at},method="m",code="unavailable"}`]: growing(3),
  [`pipit_errors_total{${at},code="INTERNAL"}`]: flat(1),
  [`pipit_errors_total{${at},code="STORAGE_CORRUPT"}`]: flat(0),
  [`pipit_errors_total{${at},code="TOKEN_EXPIRED"}`]: growing(40),
  [`pipit_database_errors_total{${at},code="STORAGE_CORRUPT"}`]: flat(0),
  [`pipit_database_errors_total{${at},code="STORAGE_FULL"}`]: flat(0),
  [`pipit_audit_damage_total{${at}}`]: flat(0),
  [`pipit_disk_free_bytes{${at}}`]: flat(50e9),
  [`pipit_disk_size_bytes{${at}}`]: flat(100e9),
  ...histogram("pipit_database_duration_seconds", 'statement="select"', [0.001, 0.01, 0.25, 1, 5], 0.001),
  ...histogram("pipit_database_duration_seconds", 'statement="thread"', [0.001, 0.01, 0.25, 1, 5], 1),
  [`pipit_queue_depth{${at},queue="database"}`]: flat(3),
  [`nodejs_eventloop_lag_p99_seconds{${at}}`]: flat(0.02),
  [`pipit_model_requests_total{${at}}`]: growing(30),
  [`pipit_model_errors_total{${at},code="MODEL_TIMEOUT"}`]: growing(1),
  ...histogram("pipit_turn_first_token_seconds", "", [0.5, 2, 10, 20, 60], 2),
  [`pipit_speech_requests_total{${at},provider="openai",outcome="spoken"}`]: growing(20),
  [`pipit_speech_requests_total{${at},provider="openai",outcome="stopped"}`]: growing(20),
  [`pipit_speech_requests_total{${at},provider="openai",outcome="stalled"}`]: growing(1),
  ...histogram("pipit_room_lag_seconds", "", [0.01, 0.5, 2, 5, 15], 0.5),
  ...histogram("pipit_sync_lag_seconds", "", [0.01, 0.5, 2, 5, 15], 0.5),
  [`pipit_room_readers_dropped_total{${at}}`]: flat(4),
  [`pipit_socket_closes_total{${at},reason="peer"}`]: growing(10),
  [`pipit_socket_closes_total{${at},reason="silent"}`]: growing(1),
};

/** Thirty a minute, all of which took at most `took`. */
function histogram(name: string, labels: string, bounds: readonly number[], took: number) {
  const own = labels === "" ? at : `${at},${labels}`;
  const buckets = [...bounds, "+Inf"].map((le) => [
    `${name}_bucket{${own},le="${le}"}`,
    growing(le === "+Inf" || Number(le) >= took ? 30 : 0),
  ]);
  return { ...Object.fromEntries(buckets), [`${name}_count{${own}}`]: growing(30) } as Record<string, string>;
}

/** What has to happen for each alert, beside what goes on all the time. */
const worlds: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  PipitManyFailedLogins: { [`auth_failed_login_attempts_total{${at},reason="wrong-password"}`]: growing(50) },
  PipitSlowTokenRequests: histogram(
    "auth_token_request_duration_seconds",
    'grant_type="refresh_token"',
    [0.01, 0.1, 0.2, 0.5, 1],
    0.5,
  ),
  PipitPasswordQueueLong: { [`auth_password_queue_depth{${at}}`]: flat(11) },
  PipitDatabaseDown: { [`pipit_database_up{${at}}`]: flat(0) },
  PipitRedisDown: { [`pipit_redis_up{${at}}`]: flat(0) },
  PipitClockOff: { [`pipit_clock_ahead_seconds{${at}}`]: flat(-20) },
  PipitMasterKeyWrong: { [`pipit_master_key_right{${at}}`]: flat(0) },
  PipitServerDown: { [`up{${at}}`]: flat(0) },
  PipitAddressDown: { [`probe_success{${address}}`]: flat(0) },
  PipitCertificateExpires: { [`pipit_certificate_expires_seconds{${at}}`]: flat(13 * 86_400) },
  PipitRefreshTokenReuse: { [`auth_refresh_token_reuse_total{${at}}`]: "3x30 4x20" },
  PipitRoomLag: histogram("pipit_room_lag_seconds", "", [0.01, 0.5, 2, 5, 15], 5),
  PipitRoomReadersDropped: { [`pipit_room_readers_dropped_total{${at}}`]: growing(2) },
  PipitSyncLag: histogram("pipit_sync_lag_seconds", "", [0.01, 0.5, 2, 5, 15], 5),
  PipitSocketsLost: { [`pipit_socket_closes_total{${at},reason="silent"}`]: growing(5) },
  // As if it had been long before promtool's time.
  PipitRestoreNotProven: { [`pipit_restore_proven_seconds{${at}}`]: flat(-36 * 86_400) },
  PipitServerErrors: { [`pipit_http_requests_total{${at},route="/v1/chats",status="5xx"}`]: growing(60) },
  PipitCallsFail: { [`pipit_rpc_requests_total{${at},method="m",code="unavailable"}`]: growing(40) },
  PipitInternalErrors: { [`pipit_errors_total{${at},code="INTERNAL"}`]: "1x30 2x20" },
  PipitRestarts: { [`process_start_time_seconds{${at}}`]: "100x30 1900 1960 2020 2080x20" },
  PipitStorageCorrupt: { [`pipit_database_errors_total{${at},code="STORAGE_CORRUPT"}`]: "0x30 1x20" },
  PipitAuditDamaged: { [`pipit_audit_damage_total{${at}}`]: "0x10 1x40" },
  PipitDiskSpaceLow: { [`pipit_disk_free_bytes{${at}}`]: flat(9e9) },
  PipitDiskFull: { [`pipit_database_errors_total{${at},code="STORAGE_FULL"}`]: "0x35 3x20" },
  PipitDatabaseSlow: histogram(
    "pipit_database_duration_seconds",
    'statement="select"',
    [0.001, 0.01, 0.25, 1, 5],
    1,
  ),
  PipitQueueLong: { [`pipit_queue_depth{${at},queue="database"}`]: flat(11) },
  PipitEventLoopSlow: { [`nodejs_eventloop_lag_p99_seconds{${at}}`]: flat(0.3) },
  PipitModelErrors: { [`pipit_model_errors_total{${at},code="MODEL_TIMEOUT"}`]: growing(10) },
  PipitFirstTokenSlow: histogram("pipit_turn_first_token_seconds", "", [0.5, 2, 10, 20, 60], 20),
  PipitSpeechFails: {
    [`pipit_speech_requests_total{${at},provider="openai",outcome="stalled"}`]: growing(60),
  },
  PipitEmbeddingsDown: { [`pipit_embeddings_up{${at}}`]: flat(0) },
  PipitEmbeddingsBehind: { [`pipit_embeddings_backlog{${at}}`]: `101+1x${PATIENT_MINUTES}` },
};

/** Nothing fires in the healthy world, and in each other one what it is named after, and nothing else. */
export const alertCases: readonly AlertCase[] = [
  { name: "nothing has happened", series: healthy, fires: [], afterMinutes: PATIENT_MINUTES },
  ...Object.entries(worlds).map(([alert, changed]) => ({
    name: alert,
    series: { ...healthy, ...changed },
    fires: [alert],
    afterMinutes: PATIENT.has(alert) ? PATIENT_MINUTES : MINUTES,
  })),
  {
    name: "PipitClockWrong",
    series: { ...healthy, [`pipit_clock_ahead_seconds{${at}}`]: flat(90) },
    // The lesser one too.
    fires: ["PipitClockOff", "PipitClockWrong"],
    afterMinutes: MINUTES,
  },
  {
    name: "the certificate of a proxy",
    series: { ...healthy, [`probe_ssl_earliest_cert_expiry{${address}}`]: flat(13 * 86_400) },
    fires: ["PipitCertificateExpires"],
    afterMinutes: PATIENT_MINUTES,
  },
];
