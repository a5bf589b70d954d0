import { setTimeout as sleep } from "node:timers/promises";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { PipitError } from "#contract/pipit-error.ts";
import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  type Health,
} from "#proto/grpc/health/v1/health_pb.ts";

/** How soon who watches hears that the clock has become wrong, or right. */
const LOOK_EVERY_MS = 5_000;

/**
 * The health of this server and each of its services, as gRPC's health protocol tells it.
 *
 * @param services full names that can be asked for; "" (the whole server) always can
 * @param mayServe as `GET /ready` says it; asked again every few seconds while somebody watches
 */
export function createHealthService(services: readonly string[], mayServe: () => boolean) {
  const known = new Set(["", ...services]);
  const stopping = new AbortController();
  const status = (): ServingStatus =>
    stopping.signal.aborted || !mayServe() ? ServingStatus.NOT_SERVING : ServingStatus.SERVING;
  const handlers: ServiceImpl<typeof Health> = {
    check({ service }) {
      if (known.has(service)) return { status: status() };
      throw new ConnectError(`There is no service ${JSON.stringify(service)} here.`, Code.NotFound);
    },
    async *watch({ service }, context) {
      // Not an error by the protocol: the service may come later.
      let told = known.has(service) ? status() : ServingStatus.SERVICE_UNKNOWN;
      yield { status: told };
      const ended = AbortSignal.any([stopping.signal, context.signal]);
      while (!ended.aborted) {
        await sleep(LOOK_EVERY_MS, undefined, { signal: ended, ref: false }).catch(() => undefined);
        if (context.signal.aborted) return;
        if (!known.has(service) || status() === told) continue;
        told = status();
        yield { status: told };
      }
      throw new PipitError("SERVER_STOPPING", "The server is stopping.");
    },
  };
  return {
    handlers,
    /** Everything is NOT_SERVING from now on; watchers are told, then their streams end. */
    stop: () => stopping.abort(),
  };
}
