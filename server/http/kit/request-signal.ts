import type { FastifyReply } from "fastify";
import type { Caller } from "#server/domain/access/caller.ts";
import type { HttpContext } from "./http-context.ts";

/** Aborts when the client goes away before it has its answer. */
export function abortWithRequest(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** Aborts when the client leaves, when its sign-in or key ends, and when the server has waited long enough to stop. */
export function answerSignal(
  { guard, stopping }: Pick<HttpContext, "guard" | "stopping">,
  reply: FastifyReply,
  caller: Caller,
): AbortSignal {
  const ended = new AbortController();
  const watch = guard.watch(caller, (error) => ended.abort(error));
  whenClosed(reply, () => watch[Symbol.dispose]());
  return AbortSignal.any([abortWithRequest(reply), ended.signal, stopping]);
}

/** At once for a client that has left while we found out who it is. */
export function whenClosed({ raw }: FastifyReply, end: () => void): void {
  if (raw.closed) end();
  else raw.once("close", end);
}
