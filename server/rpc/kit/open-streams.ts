import type { HandlerContext } from "@connectrpc/connect";
import { PipitError } from "#contract/pipit-error.ts";
import { Places } from "#server/domain/limits/places.ts";
import { networkOf } from "./call-context.ts";

/** A load balancer or a tool has one or two. */
const MAX_PER_NETWORK = 100;
const RETRY_AFTER_MS = 2_000;

/** Counts the streams that anyone may open: they stay open as long as their client likes. */
export class OpenStreams {
  readonly #places = new Places();

  /**
   * A place until it is disposed of. Clients without an address (a Unix socket) are not counted.
   *
   * @throws PipitError STREAM_LIMIT
   */
  enter({ values }: Pick<HandlerContext, "values">): Disposable {
    const network = networkOf(values);
    const shares = network === undefined ? [] : [{ key: network, max: MAX_PER_NETWORK }];
    if (this.#places.full(shares) === undefined) return this.#places.take(shares);
    throw new PipitError(
      "STREAM_LIMIT",
      `${MAX_PER_NETWORK} streams of health or reflection are open for this address already, which is the limit. Close one.`,
      { retryAfterMs: RETRY_AFTER_MS },
    );
  }
}
