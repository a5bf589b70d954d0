import { createSecureContext } from "node:tls";
import { credentials, type ChannelCredentials, type ChannelOptions } from "@grpc/grpc-js";
import { MESSAGE_MAX_BYTES } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { isLoopbackHost } from "#engine/loopback.ts";

/** Ping an open call's connection this often (docs/reference/streaming.md)… */
const KEEPALIVE_INTERVAL_MS = 60_000;
/** …and give it up when no answer came within this time. */
const KEEPALIVE_TIMEOUT_MS = 10_000;
/** grpc-js would wait up to 120 s before it tries a restarted server again; a person waits for this one. */
const RECONNECT_FIRST_MS = 200;
const RECONNECT_MAX_MS = 5_000;

/** True when `target` (host:port) is on this machine, where plaintext is allowed. False for a malformed target. */
function isLoopbackTarget(target: string): boolean {
  const host = hostOf(target);
  return host !== undefined && isLoopbackHost(host);
}

/**
 * Channel credentials for a target: TLS, or plaintext to this machine only.
 *
 * @throws PipitError CONFIG_INVALID for a malformed target, or plaintext to another machine.
 */
export function channelCredentials(target: string, tls: boolean): ChannelCredentials {
  if (hostOf(target) === undefined) {
    throw new PipitError(
      "CONFIG_INVALID",
      `"${target}" is not a gRPC address. Set PIPIT_GRPC_URL to host:port, for example 127.0.0.1:50051.`,
    );
  }
  if (tls === false && !isLoopbackTarget(target)) {
    throw new PipitError(
      "CONFIG_INVALID",
      `Plaintext gRPC to ${target} would send your token in the clear. Use TLS, or a server on this machine.`,
    );
  }
  if (!tls) return credentials.createInsecure();
  // The authorities that this program trusts on HTTP, too; grpc-js would look in its own environment first.
  return credentials.createFromSecureContext(createSecureContext());
}

/** Options of our channels: keepalive only while calls run, our message limit, no hidden retries or DNS lookups. */
export function channelOptions(target: string): ChannelOptions {
  return {
    "grpc.keepalive_time_ms": KEEPALIVE_INTERVAL_MS,
    "grpc.keepalive_timeout_ms": KEEPALIVE_TIMEOUT_MS,
    "grpc.keepalive_permit_without_calls": 0,
    "grpc.max_send_message_length": MESSAGE_MAX_BYTES,
    "grpc.max_receive_message_length": MESSAGE_MAX_BYTES,
    "grpc.initial_reconnect_backoff_ms": RECONNECT_FIRST_MS,
    "grpc.max_reconnect_backoff_ms": RECONNECT_MAX_MS,
    // The retry policy is the engine's (docs/reference/streaming.md); a second one below it would multiply the attempts.
    "grpc.enable_retries": 0,
    // Otherwise each channel asks DNS for a TXT record first.
    "grpc.service_config_disable_resolution": 1,
    // Disposing must really close the connection, not hand it to a pool.
    "grpc.use_local_subchannel_pool": 1,
    // A proxy for the internet must not see what goes to this machine.
    "grpc.enable_http_proxy": isLoopbackTarget(target) ? 0 : 1,
  };
}

function hostOf(target: string): string | undefined {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^\s:/[\]@?#]+):(\d{1,5})$/u.exec(target);
  const port = Number(match?.[2]);
  return match !== null && port > 0 && port <= 65_535 ? match[1] : undefined;
}
