import { visible } from "#contract/terminal-text.ts";
import {
  missingDatabase,
  openAdminContext,
  openConfiguredDatabase,
  requireDatabase,
  type AdminContext,
} from "../compose/admin-context.ts";
import { createLogger } from "../observe/logger.ts";
import type { DatabaseHandle } from "../store/open-database.ts";
import type { AdminDeps } from "./admin-deps.ts";

type Place = Pick<AdminDeps, "config" | "io">;

/** As `AdminDeps.open`. */
export function openContext(place: Place, mayMake: boolean): Promise<AdminContext> {
  return openAt(place, mayMake, () => openAdminContext(place.config));
}

/** As {@link openContext}, at any version of the schema. */
export function openBare(place: Place, mayMake: boolean): Promise<DatabaseHandle> {
  return openAt(place, mayMake, () => openConfiguredDatabase(place.config, createLogger({ level: "warn" })));
}

async function openAt<T>({ config, io }: Place, mayMake: boolean, open: () => Promise<T>): Promise<T> {
  if (!mayMake) await requireDatabase(config);
  const missing = mayMake ? await missingDatabase(config) : undefined;
  const opened = await open();
  // It may be another place than that of the server, and then nothing of what is done here reaches anybody.
  if (missing !== undefined) io.stderr.write(`Made a new database: ${visible(missing)}\n`);
  return opened;
}
