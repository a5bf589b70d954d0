import { createContextKey } from "@connectrpc/connect";
import type { Peer } from "#server/peer.ts";

/** Where the call comes from; set by both ports. Unset means unknown, which is never local. */
export const peerKey = createContextKey<Peer>({ local: false, page: false }, { description: "peer" });
