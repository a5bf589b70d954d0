import type { Logger } from "#engine/ports.ts";

export interface EnsureServerOptions {
  /** PIPIT_HOME; the server's data is `<home>/server`. */
  readonly home: string;
  /** Set only when the person named a server; then nothing else is tried and nothing is started. */
  readonly httpUrl?: string;
  readonly grpcUrl?: string;
  /** Start one when none runs. */
  readonly spawn: boolean;
  /** Program whose arguments are `--http --grpc --data --embedded`, e.g. /…/server/main.ts. */
  readonly serverEntry: string;
  readonly logger: Logger;
}

/** A server that answers. Disposing stops it if this process started it. */
export interface ServerHandle extends AsyncDisposable {
  /** e.g. "http://127.0.0.1:8787" */
  readonly httpUrl: string;
  /** host:port */
  readonly grpcUrl: string;
  /** This process started it; it ends with this process. */
  readonly started: boolean;
  /** Its data lies in `<home>/server`, so the local account and its bootstrap secret are this person's. */
  readonly own: boolean;
}

/** @throws PipitError SERVER_UNREACHABLE naming the cure and the server's last log line. */
export declare function ensureServer(
  options: EnsureServerOptions,
  signal: AbortSignal,
): Promise<ServerHandle>;
