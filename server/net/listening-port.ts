import type { ListenAddress } from "./listen-address.ts";

/** An open port that can be closed in two ways. */
export interface ListeningPort {
  /** Where it really listens; differs from what was asked for when that was port 0. */
  readonly address: ListenAddress;
  /** Takes nothing new; resolves when all that was running has ended. */
  close(): Promise<void>;
  /** Cuts all connections. */
  destroy(): void;
}
