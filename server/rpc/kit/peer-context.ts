import { createContextKey } from "@connectrpc/connect";
import type { PageCredentials } from "#server/domain/access/authenticate.ts";
import type { Peer } from "#server/domain/access/peer.ts";

/** Where the call comes from; set by both ports. Unset means unknown, which is never local. */
export const peerKey = createContextKey<Peer>({ local: false, page: false }, { description: "peer" });
/** The cookie of the server's page; set by the HTTP port alone, so the gRPC port never takes one. */
export const pageKey = createContextKey<PageCredentials | undefined>(undefined, { description: "page" });
