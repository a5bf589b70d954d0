/** Grant of the local account: `secret` is the one-time bootstrap secret of a server on the same machine. */
export const LOCAL_GRANT_TYPE = "urn:pipit:params:oauth:grant-type:local";
/** OAuth client id of the terminal client (docs/reference/oauth.md). */
export const CLI_CLIENT_ID = "pipit-cli";
/** OAuth client id of the desktop app (docs/reference/oauth.md). */
export const DESKTOP_CLIENT_ID = "pipit-desktop";
/** OAuth client id of the web page (docs/reference/oauth.md). */
export const WEB_CLIENT_ID = "pipit-web";

/** File in the server's data folder that holds the one-time bootstrap secret (mode 0600). */
export const BOOTSTRAP_FILE = "bootstrap-secret";
/** File in the server's data folder that says where a running server listens. */
export const RUNTIME_FILE = "runtime.json";

/** Content of {@link RUNTIME_FILE}; written when the server is ready, removed when it stops. */
export interface RuntimeInfo {
  readonly pid: number;
  /** e.g. "http://127.0.0.1:8787" */
  readonly httpUrl: string;
  /** host:port, e.g. "127.0.0.1:50051" */
  readonly grpcUrl: string;
  readonly version: string;
  /** Where a damaged database was moved at this start; the server works with a new one. */
  readonly setAside?: string | undefined;
}
