import { createContextKey } from "@connectrpc/connect";
import type { Caller } from "#server/domain/access/caller.ts";

/** Set by the auth interceptor; absent only on public services (health, reflection). */
export const callerKey = createContextKey<Caller | undefined>(undefined, { description: "caller" });
/** Correlation id of the call, in every log line of it. */
export const correlationKey = createContextKey<string>("", { description: "correlation id" });
