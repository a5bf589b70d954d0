import type { Logger, TokenStore } from "#engine/ports.ts";

export interface TokenStoreOptions {
  /** PIPIT_HOME. */
  readonly home: string;
  readonly serverUrl: string;
  /** True for the server whose data lies in this home (ServerHandle.own): its port may change from start to start. */
  readonly ownServer?: boolean;
  /** "file" skips the keychain. Default "auto". */
  readonly prefer?: "auto" | "file";
  readonly logger: Logger;
}

/** The keychain, or the credentials file with a `place().fallbackReason` when the keychain cannot be used. */
export declare function openTokenStore(options: TokenStoreOptions): Promise<TokenStore>;
