import { createMemoryBus } from "#server/bus/memory-bus.ts";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createPasswordHasher } from "#server/domain/accounts/password-hasher.ts";
import { accountOf } from "#server/testing/account-of.ts";
import { auditKeyOf } from "#server/domain/audit/audit-key.ts";
import { systemClock as clock } from "#server/domain/clock.ts";
import { createClients } from "#server/domain/tokens/clients.ts";
import { loadMasterKey } from "#server/domain/master-key/master-key.ts";
import { sessionsOf } from "#server/testing/sessions-of.ts";
import { openStore } from "#server/store/store.ts";
import type { TokenServer } from "../lib/token-server.ts";
import { systemOrigin } from "#server/domain/audit/system-origin.ts";

/** Where a server keeps its data. */
export interface AuthPlace {
  /** PIPIT_HOME */
  readonly home: string;
  /** An empty or current PostgreSQL database; absent: SQLite in the home. */
  readonly databaseUrl?: string;
}

export interface AuthData extends Pick<TokenServer, "appId" | "service" | "refreshTokens"> {
  /** All have the same password. */
  readonly logins: readonly string[];
  readonly password: string;
  /** Its argon2id hash. */
  readonly passwordHash: string;
}

const appId = "bench-app";
const scope = "api:read api:write";
const password = "Bench-password-1";
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Puts accounts, clients and sessions into the database of a server that does not run, by the server's own code. */
export async function prepareAuthData(
  place: AuthPlace,
  sizes: { readonly accounts: number; readonly sessions: number },
): Promise<AuthData> {
  const dataDir = join(place.home, "server");
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const masterKey = await loadMasterKey({ dataDir });
  const { databaseUrl } = place;
  await using store = await openStore({
    ...(databaseUrl === undefined ? { file: sqliteFile(place) } : { databaseUrl }),
    auditKey: auditKeyOf(masterKey),
    clock,
    logger: silent,
  });
  const passwordHash = await createPasswordHasher().hash(password);
  const logins = Array.from({ length: sizes.accounts }, (_, index) => `bench-${index}`);
  for (const login of logins) await store.auth.accounts.create(accountOf({ id: login, passwordHash }));
  const clients = createClients({ bus: createMemoryBus(), auth: store.auth, clock });
  const { client } = await clients.register(
    {
      scope,
      applicationType: "native",
      clientId: appId,
      name: "App of the benchmark",
      confidential: false,
      firstParty: true,
      grantTypes: ["password", "refresh_token"],
      allowPasswordGrant: true,
    },
    systemOrigin,
  );
  const service = await clients.register(
    {
      scope,
      applicationType: "web",
      clientId: "bench-service",
      name: "Service of the benchmark",
      confidential: true,
      grantTypes: ["client_credentials"],
    },
    systemOrigin,
  );
  const { start } = sessionsOf(store.auth, { masterKey, clock });
  const refreshTokens: string[] = [];
  for (let index = 0; index < sizes.sessions; index += 1) {
    const userId = logins[index % logins.length] ?? "";
    const authTimeMs = clock.nowMs();
    const sign = { userId, client, scope, amr: ["pwd" as const], authTimeMs, grant: "password" };
    const { refreshToken = "" } = await start({ ...sign, withRefreshToken: true }, systemOrigin);
    refreshTokens.push(refreshToken);
  }
  const { clientId } = service.client;
  return {
    appId,
    service: { clientId, secret: service.secret ?? "" },
    refreshTokens,
    logins,
    password,
    passwordHash,
  };
}

export function sqliteFile({ home }: AuthPlace): string {
  return join(home, "server", "pipit.db");
}
