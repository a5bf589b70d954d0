import type { IncomingMessage, ServerResponse } from "node:http";
import { Refusal, type Auth } from "./pipit-auth.ts";

/**
 * Lets nobody through who has not all the scopes; to stand before what reads bodies. For Express 4 and 5, Connect, and
 * whatever else calls `(request, response, next)`.
 *
 * @example app.get("/notes", expressAuth(auth, ["api:read"]), (request, response) => {
 *   response.json(notesOf(auth.callerOf(request).subject));
 * });
 */
export function expressAuth(auth: Auth, scopes: readonly string[] = []) {
  return (request: IncomingMessage, response: ServerResponse, next: (reason?: unknown) => void): void => {
    auth.admit(request.headers, scopes).then(
      (caller) => {
        auth.remember(request, caller);
        next();
      },
      (reason: unknown) => {
        if (!(reason instanceof Refusal)) return next(reason);
        response.writeHead(reason.status, { ...reason.headers, "content-type": "application/json" });
        response.end(JSON.stringify(reason.body));
      },
    );
  };
}
