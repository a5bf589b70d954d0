import { v4 as uuidV4, v5 as uuidV5 } from "uuid";
import { PipitError } from "#contract/pipit-error.ts";
import { createMemoryOutbox } from "#engine/chat/memory-outbox.ts";
import type { Logger } from "#contract/logger.ts";
import type { Outbox } from "#engine/ports.ts";
import { createIndexedDbOutbox } from "./indexed-db-outbox.ts";
import { openPageDatabase, type PageDatabase } from "./page-database.ts";
import { createKeptChats, type KeptChats } from "./kept-chats.ts";
import { createMemoryValues, createPageValues, type PageValues } from "./page-values.ts";

const DATABASE_NAME = "pipit";
/** Namespace of the ids of pages (RFC 9562 §5.5). Changing it changes everybody's hardware id. */
const NAMESPACE = "6d5b1a5e-6c1f-5f0b-9a57-1f1d6c0f7c12";
const HARDWARE_ID = "hardware-id";

/** What the page keeps between visits. */
export interface PageStorage extends Disposable {
  readonly outbox: Outbox;
  readonly values: PageValues;
  /** Absent in a browser that stores nothing. */
  readonly kept?: KeptChats;
  /** For what comes with code of its own; absent as that. */
  readonly database?: PageDatabase;
  /** Why nothing outlives this page; tell the person. Absent when all is well. */
  readonly problem?: PipitError;
}

/** Never throws: a browser without storage gives a page that works until it is closed. */
export async function openPageStorage(logger: Logger, name: string = DATABASE_NAME): Promise<PageStorage> {
  try {
    const database = await openPageDatabase(name);
    const roomy = withRoom(database);
    return {
      outbox: createIndexedDbOutbox(roomy, globalThis.navigator?.locks),
      values: createPageValues(roomy),
      kept: createKeptChats(database),
      database,
      [Symbol.dispose]: () => database[Symbol.dispose](),
    };
  } catch (reason) {
    const error = PipitError.from(reason);
    logger.warn("storage.unavailable", { code: error.code, detail: error.detail });
    return {
      outbox: createMemoryOutbox(),
      values: createMemoryValues(),
      problem: new PipitError("STORAGE_REFUSED", error.message, { cause: error }),
      [Symbol.dispose]: () => undefined,
    };
  }
}

/** What people write comes before copies of what the server has: those go when the browser gives no more room. */
function withRoom(database: PageDatabase): PageDatabase {
  const use: PageDatabase["use"] = (work) =>
    database.use(work).catch(async (reason: unknown) => {
      if (PipitError.from(reason).code !== "STORAGE_FULL") throw reason;
      await database.use((connection) => connection.clear("chats"));
      return await database.use(work);
    });
  return { ...database, use };
}

/** A UUID of version 5, as all our hardware ids are, that stays the same for this browser and tells nothing about it. */
export async function loadPageHardwareId(values: PageValues): Promise<string> {
  const made = uuidV5(uuidV4(), NAMESPACE);
  const kept = (value: unknown) => (typeof value === "string" && value !== "" ? value : made);
  try {
    return await values.update(HARDWARE_ID, kept);
  } catch {
    // No room: the one that is stored, or one for as long as this page lives, which is no reason not to start.
    return kept(await values.read(HARDWARE_ID));
  }
}
