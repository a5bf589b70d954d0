import type { IncomingHttpHeaders } from "node:http";
import type { ServerContext } from "#server/compose/context.ts";
import type { Site } from "./site.ts";

/** What every route can use: the server's parts, and what only its HTTP port knows. */
export interface HttpContext extends ServerContext {
  readonly site: Site;
  /** Where browsers find the page, once the port is open. */
  readonly pageUrl: () => string;
  /** Where gRPC is, for a client that asks with these headers; 0 while that port is not open. */
  readonly grpcPort: (headers: IncomingHttpHeaders) => number;
  readonly isStopping: () => boolean;
  /** Aborts when the server has waited long enough for what runs. */
  readonly stopping: AbortSignal;
}
