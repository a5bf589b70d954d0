import type { Logger, Transport } from "#engine/ports.ts";

export interface GrpcTransportOptions {
  /** host:port, e.g. "127.0.0.1:50051" or "[::1]:50051". */
  readonly target: string;
  /** Default true. False (plaintext) is taken only for a loopback target. `caPem` trusts a private authority. */
  readonly tls?: boolean | { readonly caPem: string };
  /** Asked before each call starts; what it throws is what the call throws. */
  readonly accessToken: (signal: AbortSignal) => Promise<string>;
  readonly logger: Logger;
}

/** A {@link Transport} that can connect before the first message. */
export interface GrpcTransport extends Transport {
  /** Connects now, so that the first message does not wait for it. Throws SERVER_UNREACHABLE. */
  warmUp(signal: AbortSignal): Promise<void>;
}

/** @throws PipitError CONFIG_INVALID for a malformed target, or plaintext to another machine. */
export declare function createGrpcTransport(options: GrpcTransportOptions): GrpcTransport;
