import type { AuditOrigin } from "./ports.ts";

/** For what the server does by itself. */
export const systemOrigin: AuditOrigin = { ip: undefined, userAgent: undefined, correlationId: undefined };
