import { randomUUID, timingSafeEqual } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { invalidField } from "#server/domain/invalid-field.ts";
import { hashOpaqueToken, newOpaqueToken } from "#server/domain/secrets/opaque-token.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import { systemOrigin } from "#server/domain/audit/system-origin.ts";
import type { AuthStore, AuthStores } from "#server/domain/auth-store.ts";
import type { Clock } from "#contract/clock.ts";
import type { MessageBus } from "#server/domain/message-bus.ts";
import { createBriefCache } from "./brief-cache.ts";
import { usualLifetimes, type ClientDefinition } from "./built-in-clients.ts";
import { checkClient, checkClientId, isClientId } from "./client-rules.ts";
import type { OauthClient } from "./ports.ts";
import type { TokenGuard } from "./token-guard.ts";

const refused = (why: string) => invalidField("client_id", why);

/** On the bus: which client has changed. */
const CHANNEL = "oauth-clients";
/** A caller without a sign-in may ask for any id, so there must be an end. */
const MAX_REMEMBERED = 1_000;

type Managed = "clientId" | "secretHash" | "active" | "createdAtMs" | "updatedAtMs";
/** What the operator tunes, also of built-in clients. */
const tunable = [
  "tokenAlgorithm",
  ...(Object.keys(usualLifetimes) as (keyof typeof usualLifetimes)[]),
] as const;
type Tuning = (typeof tunable)[number];
type Optional = "firstParty" | "redirectUris" | "postLogoutRedirectUris" | "allowPasswordGrant" | Tuning;
type Maybe<T> = { readonly [Name in keyof T]?: T[Name] | undefined };

/** A client to be registered. What is not said is refused to it, or usual. */
export type ClientRegistration = Omit<OauthClient, Managed | Optional> &
  Maybe<Pick<OauthClient, "clientId" | Optional>>;
/** What can change about a client; whether it is confidential cannot. */
type ClientChange = Maybe<Omit<OauthClient, Managed | "confidential">>;

export interface RegisteredClient {
  readonly client: OauthClient;
  /** A confidential client's secret: 256 bits, base64url. It is shown now and never again. */
  readonly secret: string | undefined;
}

interface ClientsOptions {
  readonly auth: AuthStore;
  readonly clock: Clock;
  readonly bus: MessageBus;
  /** Caches for a moment that tokens are good; told when a client's no longer are. */
  readonly guard?: Pick<TokenGuard, "forgetAll"> | undefined;
}

/**
 * The OAuth clients of this server. Changes are audited in their transaction; they throw INVALID_REQUEST with the field
 * and the cure, also for a client that is not there.
 */
export type Clients = ReturnType<typeof createClients>;

export function createClients({ auth, clock, bus, guard }: ClientsOptions) {
  const cache = createBriefCache<OauthClient | undefined>(clock, MAX_REMEMBERED);
  bus.subscribe<{ readonly clientId: string }>(CHANNEL, ({ clientId }) => cache.forget(clientId));
  const change: Change = async (clientId, work) => {
    try {
      return await auth.transaction(work);
    } finally {
      void bus.publish(CHANNEL, { clientId });
    }
  };
  return {
    /** Switched-off ones included; believed for a second. */
    async find(clientId: string): Promise<OauthClient | undefined> {
      // Anything may come from outside; what is no id is not worth a look.
      return isClientId(clientId) ? cache.find(clientId, () => auth.clients.find(clientId)) : undefined;
    },
    list: () => auth.clients.list(),
    /** Adds those that are missing and brings the others up to date, but for what an operator may have changed. */
    async seed(definitions: readonly ClientDefinition[]): Promise<void> {
      for (const definition of definitions) {
        await change(definition.clientId, (tx) => seedOne(tx, definition, clock.nowMs()));
      }
    },
    register(registration: ClientRegistration, origin: AuditOrigin): Promise<RegisteredClient> {
      const { client, secret } = toClient(registration, clock.nowMs());
      return change(client.clientId, async (tx) => {
        await insert(tx, client, origin);
        return { client, secret };
      });
    },
    ...createEdits({ change, clock }),
    ...createEndings({ change, clock, guard }),
    /** Takes the same time for every wrong secret. */
    verifySecret({ secretHash }: OauthClient, secret: string): boolean {
      const given = Buffer.from(hashOpaqueToken(secret));
      const expected = Buffer.from(secretHash ?? hashOpaqueToken(""));
      return given.length === expected.length && timingSafeEqual(given, expected) && secretHash !== undefined;
    },
  };
}

/** Runs a change and its audit event in one transaction, and forgets what was known of the client. */
type Change = <T>(clientId: string, work: (tx: AuthStores) => Promise<T>) => Promise<T>;

interface ChangeParts {
  readonly change: Change;
  readonly clock: Clock;
}

/** An edited client, and what about it is new, for the audit. */
type Edit = (client: OauthClient) => { readonly client: OauthClient; readonly changed: string };

function createEdits({ change, clock }: ChangeParts) {
  const save = (clientId: string, origin: AuditOrigin, edit: Edit): Promise<OauthClient> =>
    change(clientId, async (tx) => {
      const { client, changed } = edit(await existing(tx, clientId));
      const edited = { ...client, updatedAtMs: clock.nowMs() };
      await tx.clients.update(edited);
      const data = { changed };
      await tx.audit.append({ event: "client.updated", outcome: "success", clientId, data }, origin);
      return edited;
    });
  return {
    update: (clientId: string, wanted: ClientChange, origin: AuditOrigin) =>
      save(clientId, origin, (client) => ({
        client: checkClient({ ...client, ...present(wanted) }),
        changed: Object.keys(present(wanted)).join(" "),
      })),
    /** Replaces the secret of a confidential client; the old one is wrong from now on. */
    async replaceSecret(clientId: string, origin: AuditOrigin): Promise<RegisteredClient> {
      const secret = newOpaqueToken();
      const client = await save(clientId, origin, (found) => {
        if (!found.confidential) throw refused("a public client has no secret.");
        return { client: { ...found, secretHash: hashOpaqueToken(secret) }, changed: "secret" };
      });
      return { client, secret };
    },
    enable: (clientId: string, origin: AuditOrigin) =>
      save(clientId, origin, (client) => ({ client: { ...client, active: true }, changed: "active" })),
  };
}

function createEndings({ change, clock, guard }: ChangeParts & Pick<ClientsOptions, "guard">) {
  const end = async (
    event: "client.disabled" | "client.removed",
    clientId: string,
    origin: AuditOrigin,
    apply: (tx: AuthStores, client: OauthClient) => Promise<unknown>,
  ): Promise<number> => {
    const sessions = await change(clientId, async (tx) => {
      await apply(tx, await existing(tx, clientId));
      const ended = await tx.refreshTokens.revokeOfClient(clientId, "client-disabled", clock.nowMs());
      const data = { sessions: ended.length };
      await tx.audit.append({ event, outcome: "success", clientId, data }, origin);
      return ended.length;
    });
    guard?.forgetAll();
    return sessions;
  };
  return {
    /** Switches a client off: its sessions end, and its tokens are refused at once. Resolves to how many sessions ended. */
    disable: (clientId: string, origin: AuditOrigin) =>
      end("client.disabled", clientId, origin, (tx, client) =>
        tx.clients.update({ ...client, active: false, updatedAtMs: clock.nowMs() }),
      ),
    /** As `disable`, and forgets it. A built-in client comes back with the next start. */
    remove: (clientId: string, origin: AuditOrigin) =>
      end("client.removed", clientId, origin, (tx) => tx.clients.remove(clientId)),
  };
}

async function insert(tx: AuthStores, client: OauthClient, origin: AuditOrigin): Promise<void> {
  const { clientId, scope } = client;
  if (!(await tx.clients.insert(client))) throw refused("there is a client with this id.");
  await tx.audit.append({ event: "client.created", outcome: "success", clientId, data: { scope } }, origin);
}

async function existing(tx: AuthStores, clientId: string): Promise<OauthClient> {
  const client = await tx.clients.find(clientId);
  if (client !== undefined) return client;
  throw refused("there is no such client.");
}

async function seedOne(tx: AuthStores, definition: ClientDefinition, nowMs: number): Promise<void> {
  const { clientId } = definition;
  const found = await tx.clients.find(clientId);
  if (found === undefined) {
    const fresh = checkClient({ ...definition, ...justMade(nowMs), secretHash: undefined });
    // Another server process that starts in this moment may have been first.
    if (!(await tx.clients.insert(fresh))) return;
    const data = { scope: definition.scope, seeded: true };
    await tx.audit.append({ event: "client.created", outcome: "success", clientId, data }, systemOrigin);
    return;
  }
  const tuned = Object.fromEntries(tunable.map((name) => [name, found[name]]));
  const current = checkClient({ ...found, ...definition, ...tuned });
  if (isDeepStrictEqual(current, found)) return;
  await tx.clients.update({ ...current, updatedAtMs: nowMs });
  const data = { changed: "definition", seeded: true };
  await tx.audit.append({ event: "client.updated", outcome: "success", clientId, data }, systemOrigin);
}

function toClient(registration: ClientRegistration, nowMs: number): RegisteredClient {
  const given = present(registration);
  const clientId = given.clientId ?? `client-${randomUUID()}`;
  checkClientId(clientId);
  const secret = given.confidential ? newOpaqueToken() : undefined;
  const client = checkClient({
    firstParty: false,
    redirectUris: [],
    postLogoutRedirectUris: [],
    allowPasswordGrant: false,
    tokenAlgorithm: "RS256",
    ...usualLifetimes,
    ...given,
    clientId,
    secretHash: secret === undefined ? undefined : hashOpaqueToken(secret),
    ...justMade(nowMs),
  });
  return { client, secret };
}

function justMade(nowMs: number) {
  return { active: true, createdAtMs: nowMs, updatedAtMs: nowMs };
}

/** What is said: nothing said is nothing changed. */
type Present<T> = { readonly [Name in keyof T]: Exclude<T[Name], undefined> };

function present<T extends object>(given: T): Present<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Present<T>;
}
