import type { Clock } from "#contract/clock.ts";
import type { MessageBus } from "#server/domain/message-bus.ts";
import type { OauthClient, OauthClientStore } from "./ports.ts";

/** What another program changed about a client, and the bus does not bring, is seen so late at most. */
const MAX_AGE_MS = 1_000;
/** On the bus: which client has changed. */
const CHANNEL = "oauth-clients";
/** A caller without a sign-in may ask for any id, so there must be an end. */
const MAX_ENTRIES = 1_000;

/** Clients by id, looked up once a second each; look-ups of one id at once share one query. */
export interface ClientCache {
  find(clientId: string): Promise<OauthClient | undefined>;
  /** In all processes; call it after a change was committed. */
  forget(clientId: string): void;
}

export function createClientCache({
  store,
  clock,
  bus,
}: {
  readonly store: Pick<OauthClientStore, "find">;
  readonly clock: Clock;
  readonly bus: MessageBus;
}): ClientCache {
  const entries = new Map<
    string,
    { readonly atMs: number; readonly client: Promise<OauthClient | undefined> }
  >();
  bus.subscribe<{ readonly clientId: string }>(CHANNEL, ({ clientId }) => void entries.delete(clientId));
  return {
    find(clientId) {
      const atMs = clock.nowMs();
      const known = entries.get(clientId);
      if (known !== undefined && Math.abs(atMs - known.atMs) < MAX_AGE_MS) return known.client;
      entries.delete(clientId);
      const [oldest] = entries.size >= MAX_ENTRIES ? entries.keys() : [];
      if (oldest !== undefined) entries.delete(oldest);
      const entry = { atMs, client: store.find(clientId) };
      entries.set(clientId, entry);
      // A failure is no answer; it is not believed for a second.
      entry.client.catch(() => {
        if (entries.get(clientId) === entry) entries.delete(clientId);
      });
      return entry.client;
    },
    forget: (clientId) => void bus.publish(CHANNEL, { clientId }),
  };
}
