import type { PostgresPool, PostgresPoolClient } from "kysely";
import type { Pool, PoolClient } from "pg";
import type { PipitError } from "#contract/pipit-error.ts";
import { kindOf, timed, type DatabaseWatch } from "../sql/database-watch.ts";
import type { createLockedStatements } from "./locked-statements.ts";
import { breaksConnection, isStalePlan, toPostgresRunningError } from "../errors/postgres-errors.ts";

/**
 * In the text of a statement: it is planned for the values it gets, each time. Without their values, PostgreSQL takes any word for a
 * rare one.
 */
export const PLANNED_FOR_VALUES = "/* planned for its values */";

/** Texts that have a name; each costs a plan per connection, some ten kilobytes of the database server's memory. */
const MAX_NAMES = 200;

interface PoolHooks {
  /** Where the database is, for the details of errors; without the password. */
  readonly place: string;
  readonly onError: (error: PipitError) => void;
  readonly watch?: DatabaseWatch | undefined;
  readonly locked: ReturnType<typeof createLockedStatements>;
}

/**
 * A pool of the driver as Kysely wants it. Every error leaves it as a PipitError, a connection that broke is not used
 * again, and a statement with parameters is parsed and planned once per connection.
 */
export function withErrors(pool: Pool, hooks: PoolHooks): PostgresPool {
  const { place, onError, watch } = hooks;
  // Kysely knows a connection by its object: one wrapper for each.
  const wrappers = new WeakMap<PoolClient, PostgresPoolClient>();
  const names = createStatementNames();
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      let client: PoolClient;
      try {
        client = await timed(watch, "connect", () => pool.connect());
      } catch (reason) {
        const error = toPostgresRunningError(reason, place);
        onError(error);
        throw error;
      }
      let wrapper = wrappers.get(client);
      if (wrapper === undefined) wrappers.set(client, (wrapper = wrap(client, names, hooks)));
      return wrapper;
    },
  };
}

function wrap(
  client: PoolClient,
  names: ReturnType<typeof createStatementNames>,
  { place, onError, watch, locked }: PoolHooks,
): PostgresPoolClient {
  let broken = false;
  const query = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
    const values = parameters.map(storable);
    const isNamed = values.length > 0 && !text.includes(PLANNED_FOR_VALUES);
    const name = isNamed ? names.of(text) : undefined;
    try {
      return await locked.run(text, () =>
        timed(watch, kindOf(text), () => client.query({ name, text, values })),
      );
    } catch (reason) {
      if (name !== undefined && isStalePlan(reason)) {
        names.forget(text);
        // In a transaction, which the error has ended, `inTransaction` begins anew.
        if (client.getTransactionStatus() === "I") return query(text, parameters);
      }
      broken ||= breaksConnection(reason);
      const error = toPostgresRunningError(reason, place);
      onError(error);
      throw error;
    }
  };
  return {
    // Kysely's type also has cursors, which it uses only when it is given a cursor class.
    query: query as PostgresPoolClient["query"],
    release: (destroy) => client.release(destroy === true || broken),
  };
}

/** PostgreSQL's text holds no NUL; it becomes the replacement character, as half a surrogate pair does in any UTF-8. */
function storable(parameter: unknown): unknown {
  return typeof parameter === "string" && parameter.includes("\0")
    ? parameter.replaceAll("\0", "\uFFFD")
    : parameter;
}

/** Names of prepared statements, the same on all connections of a pool. */
function createStatementNames() {
  const names = new Map<string, string>();
  let given = 0;
  return {
    /** Undefined when there are as many as there may be: then the text is parsed each time. */
    of(text: string): string | undefined {
      const known = names.get(text);
      if (known !== undefined || names.size === MAX_NAMES) return known;
      const name = `pipit_${++given}`;
      names.set(text, name);
      return name;
    },
    /** Gives the text another name the next time, because its plans are out of date. */
    forget: (text: string) => void names.delete(text),
  };
}
