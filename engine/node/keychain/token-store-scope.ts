import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { resolve } from "node:path";

/** The home and the server whose tokens a store holds. */
export interface TokenStoreScope {
  /** PIPIT_HOME. */
  readonly home: string;
  readonly serverUrl: string;
  /**
   * True for the server whose data lies in this home: its port may change from start to start, and it is still the
   * same server with the same accounts.
   */
  readonly ownServer: boolean;
}

/** What names the server in the scope: its URL, or "own" for the one that lives in this home. */
export function scopeServer(scope: TokenStoreScope): string {
  return scope.ownServer ? "own" : scope.serverUrl.replace(/\/+$/u, "").toLowerCase();
}

/** 16 hex digits that tell this home and server from every other, so that tests and homes never meet. */
export function scopeKey(scope: TokenStoreScope): string {
  return createHash("sha256")
    .update(JSON.stringify([canonical(scope.home), scopeServer(scope)]))
    .digest("hex")
    .slice(0, 16);
}

function canonical(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
