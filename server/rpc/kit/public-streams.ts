import type { HandlerContext } from "@connectrpc/connect";
import type { Places } from "#server/domain/limits/places.ts";
import { networkOf } from "./call-context.ts";

/** A balancer watches each service on each of its connections; whoever opens more wants our memory. */
const PER_NETWORK = 100;

/**
 * Gives a stream that needs no token one of the places of its network, for as long as it is open.
 *
 * @param places of all such streams together
 */
export function holdPlace<Input, Output>(
  places: Places,
  handler: (input: Input, context: HandlerContext) => AsyncIterable<Output>,
): (input: Input, context: HandlerContext) => AsyncGenerator<Output, void, undefined> {
  return async function* stream(input, context) {
    const network = networkOf(context.values);
    const full = `${PER_NETWORK} streams of health and reflection are open for this address already, which is the limit. Cancel one.`;
    using held = new DisposableStack();
    if (network !== undefined) held.use(places.enter([{ key: network, max: PER_NETWORK, full }]));
    yield* handler(input, context);
  };
}
