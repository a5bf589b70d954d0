import type { Caller } from "#server/domain/access/caller.ts";
import type { ServerContext } from "#server/compose/context.ts";

/** Whether the caller runs this server: an admin, or the local account, whose machine it is. */
export async function isOperator(
  { store }: Pick<ServerContext, "store">,
  { kind, userId }: Caller,
): Promise<boolean> {
  const account = kind === "user" ? await store.auth.accounts.findById(userId) : undefined;
  return account?.role === "admin" || account?.local === true;
}
