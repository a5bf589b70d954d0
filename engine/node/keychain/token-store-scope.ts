import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { resolve } from "node:path";

/** What names the server whose data lies in the home, whatever its port. */
export const OWN_SERVER = "own";
/** Its tokens are kept under one address, because its port may change with every start. */
export const OWN_SERVER_URL = "http://localhost";

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

/** What names the server in the scope: its URL, or {@link OWN_SERVER}. */
export function scopeServer(scope: TokenStoreScope): string {
  return scope.ownServer ? OWN_SERVER : scope.serverUrl.replace(/\/+$/u, "").toLowerCase();
}

/** 16 hex digits that tell this home and server from every other, so that tests and homes never meet. */
export function scopeKey(scope: TokenStoreScope): string {
  return digest([canonical(scope.home), scopeServer(scope)]);
}

/** 16 hex digits that name one account of a server in file names; the original writes no id. */
export function accountKey(account: {
  readonly server: string;
  readonly accountId: string;
  readonly accountName: string;
}): string {
  const { server, accountId, accountName } = account;
  return digest([server, accountId === "" ? accountName : accountId]);
}

function digest(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}

function canonical(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
