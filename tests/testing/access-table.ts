import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createContext } from "#server/compose/context.ts";
import { readServerConfig } from "#server/config/config.ts";
import type { Access } from "#server/domain/access/access.ts";
import type { Route } from "#server/http/kit/route.ts";
import { createSite } from "#server/http/kit/site.ts";
import { createRoutes } from "#server/http/routes.ts";
import type { RpcService } from "#server/rpc/kit/rpc-service.ts";
import { createRpcRoutes } from "#server/rpc/router.ts";

/** All that a server offers, with who may ask for it. */
export interface AccessTable {
  readonly routes: readonly Route[];
  readonly services: readonly RpcService[];
}

/** Read from the server's own parts, so that whatever it offers is in it. */
export async function readAccessTable(): Promise<AccessTable> {
  await using stack = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), "pipit-access-"));
  stack.defer(() => rm(home, { recursive: true, force: true }));
  const config = readServerConfig({ argv: [], env: { PIPIT_HOME: home } });
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const context = stack.use(await createContext(config, { logger }));
  const site = createSite(config.http, undefined);
  const routes = createRoutes({
    ...context,
    site,
    pageUrl: () => config.issuer,
    grpcPort: () => 0,
    isStopping: () => false,
    stopping: new AbortController().signal,
  });
  return { routes, services: createRpcRoutes(context, new AbortController().signal).services };
}

const who: Readonly<Record<Access["who"], string>> = {
  anyone: "anyone",
  client: "an OAuth client",
  person: "a person",
  "person-or-service": "a person or a service",
  "own-program": "a person, by a program of ours",
  operator: "an admin, or the local account",
};
const proof = {
  token: "token",
  "token-or-form": "token, also in a form",
  "token-or-cookie": "token or cookie",
  "ws-token-or-cookie": "token for a socket, or cookie",
};

/** One row for each route and RPC, as docs/api.md has them: what, who, proof, scope. */
export function accessRows({ routes, services }: AccessTable): readonly (readonly string[])[] {
  const http = routes.map(({ method, path, access }) => [
    `\`${method} ${path.replaceAll(/:(\w+)/g, "{$1}").replace(/\b[\w-]{22}\.css$/, "{hash}.css")}\``,
    ...accessCells(access),
  ]);
  const rpcs = services.flatMap(({ service, access }) =>
    service.methods.map(({ name, localName }) => {
      const declared = access[localName];
      if (declared === undefined) throw new Error(`${service.typeName}/${name} has no access`);
      return [`\`${service.typeName}/${name}\``, ...accessCells(declared)];
    }),
  );
  return [...http, ...rpcs];
}

function accessCells(access: Access): readonly string[] {
  const whom = [
    who[access.who],
    ...(access.secure === true ? ["by HTTPS off this machine"] : []),
    ...(access.ownPageOnly === true ? ["from no other page"] : []),
  ].join(", ");
  if (!("proof" in access)) return [whom, access.who === "client" ? "its secret, or its id" : "", ""];
  const keys = access.signedIn !== true && access.proof === "token-or-cookie";
  const shown =
    (keys ? "token, API key or cookie" : proof[access.proof]) +
    (access.owedCode === true ? ", also one that owes a code" : "");
  return [whom, shown, access.scope === "any" ? "" : `\`${access.scope}\``];
}
