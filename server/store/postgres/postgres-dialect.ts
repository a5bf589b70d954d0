import { PostgresDialect, type PostgresPool, type PostgresPoolClient } from "kysely";
import type { Pool, PoolClient } from "pg";
import { breaksConnection, toPostgresRunningError } from "../errors/postgres-errors.ts";

/**
 * Kysely's PostgreSQL dialect on a pool of the driver. Every error leaves it as a PipitError; a connection that broke
 * is not used again. Disposes of the pool with itself.
 */
export function createPostgresDialect(pool: Pool, place: string): PostgresDialect {
  return new PostgresDialect({ pool: withErrors(pool, place) });
}

function withErrors(pool: Pool, place: string): PostgresPool {
  // Kysely knows a connection by its object: one wrapper for each.
  const wrappers = new WeakMap<PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      let client: PoolClient;
      try {
        client = await pool.connect();
      } catch (reason) {
        throw toPostgresRunningError(reason, place);
      }
      let wrapper = wrappers.get(client);
      if (wrapper === undefined) wrappers.set(client, (wrapper = wrap(client, place)));
      return wrapper;
    },
  };
}

function wrap(client: PoolClient, place: string): PostgresPoolClient {
  let broken = false;
  const query = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
    try {
      return await client.query(text, parameters.map(storable));
    } catch (reason) {
      broken ||= breaksConnection(reason);
      throw toPostgresRunningError(reason, place);
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
