import { sql, type Kysely } from "kysely";
import {
  AUDIT_LIST_MAX,
  type AuditReader,
  type AuditRecord,
  type ExportAuditOptions,
} from "#server/domain/audit/audit-reader.ts";
import type { AuditQuery } from "#server/domain/audit/ports.ts";
import { systemOrigin } from "#server/domain/audit/system-origin.ts";
import { pruneAudit } from "./audit-prune.ts";
import { restartAudit } from "./audit-restart.ts";
import type { AuditLogOptions } from "./audit-store.ts";
import { verifyAudit } from "./audit-verify.ts";
import { AUDIT_BATCH, toHashedEvent } from "./audit-walk.ts";
import type { AuditEventRow, Tables } from "../sql/schema.ts";

/** {@link AuditReader} on SQL. */
export function createAuditReader(db: Kysely<Tables>, options: AuditLogOptions): AuditReader {
  return {
    list: (query) => list(db, query),
    verify: (verifyOptions) => verifyAudit(db, options.key, verifyOptions),
    exportAll: (exportOptions) => exportAll(db, exportOptions),
    prune: (pruneOptions) => pruneAudit(db, options, pruneOptions),
    restart: (origin = systemOrigin) => restartAudit(db, options, origin),
  };
}

async function list(db: Kysely<Tables>, query: AuditQuery): Promise<readonly AuditRecord[]> {
  const { before, userId, clientId, event, sinceMs, untilMs } = query;
  let rows = db.selectFrom("audit_events").selectAll();
  if (userId !== undefined) rows = rows.where("user_id", "=", userId);
  if (clientId !== undefined) rows = rows.where("client_id", "=", clientId);
  if (event !== undefined) rows = rows.where("event", "=", event);
  if (sinceMs !== undefined) rows = rows.where("at_ms", ">=", sinceMs);
  if (untilMs !== undefined) rows = rows.where("at_ms", "<", untilMs);
  if (before !== undefined) {
    rows = rows.where(sql<boolean>`(at_ms, id) < (${before.atMs}, ${before.id})`);
  }
  const limit = Math.min(Math.max(Math.trunc(query.limit), 1), AUDIT_LIST_MAX);
  const found = await rows.orderBy("at_ms", "desc").orderBy("id", "desc").limit(limit).execute();
  return found.map((row) => ({ ...toHashedEvent(row), data: parsed(row.data), hash: row.hash }));
}

async function* exportAll(db: Kysely<Tables>, options: ExportAuditOptions = {}): AsyncGenerator<string> {
  const { sinceMs, untilMs, signal } = options;
  let after: AuditEventRow | undefined;
  for (;;) {
    signal?.throwIfAborted();
    let query = db.selectFrom("audit_events").selectAll();
    if (sinceMs !== undefined) query = query.where("at_ms", ">=", sinceMs);
    if (untilMs !== undefined) query = query.where("at_ms", "<", untilMs);
    if (after !== undefined) query = query.where(sql<boolean>`(at_ms, id) > (${after.at_ms}, ${after.id})`);
    const rows = await query.orderBy("at_ms").orderBy("id").limit(AUDIT_BATCH).execute();
    for (const row of rows) yield toLine(row);
    after = rows.at(-1);
    if (rows.length < AUDIT_BATCH) return;
  }
}

function toLine(row: AuditEventRow): string {
  return JSON.stringify({ at: new Date(row.at_ms).toISOString(), ...row, data: parsed(row.data) });
}

/** The data of an event; if that was changed past the server, it may be any text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
