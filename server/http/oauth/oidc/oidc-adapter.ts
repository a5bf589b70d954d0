import { errors, type Adapter, type AdapterFactory, type AdapterPayload } from "oidc-provider";
import { hashOpaqueToken } from "#server/domain/secrets/opaque-token.ts";
import type { StoredOidcPayload } from "#server/domain/tokens/oidc-payload-port.ts";
import { toClientMetadata } from "./client-metadata.ts";
import { interactionPath, openBegun, sealBegun } from "./begun-sign-in.ts";
import type { ProviderContext } from "./oidc-context.ts";

/** Found by something else than their id as well, which therefore must be readable from what is sealed. */
const FOUND_BY_OTHERS: ReadonlySet<string> = new Set(["Session", "DeviceCode"]);

/** A used code must be recognized when it comes back late (RFC 6749 §4.1.2); when it ends is in what is sealed. */
const CODE_KEPT_MS = 24 * 60 * 60 * 1000;

type AdapterContext = Pick<ProviderContext, "store" | "clients" | "sealer" | "clock" | "exchanges">;

/**
 * Where oidc-provider keeps its records. Every id of it is a secret (a code, a cookie), so the database gets hashes, and
 * the rest sealed. What has ended stays until the sweep of each hour; the library looks at ends itself. `consume` is atomic: the second request gets `invalid_grant` (docs/reference/oauth.md, "Tokens").
 */
export function createOidcAdapter(ctx: AdapterContext): AdapterFactory {
  return (model) => {
    if (model === "Client") return clientAdapter(ctx);
    const records = recordAdapter(model, ctx);
    return model === "Interaction" ? interactionAdapter(records, ctx) : records;
  };
}

/**
 * Until a person has answered, the browser keeps what it began, in a cookie: strangers, who can begin as much as they
 * like, cost the database nothing (docs/decisions/0061-begun-sign-ins-wait-in-the-browser.md).
 */
function interactionAdapter(records: Adapter, { sealer, exchanges }: AdapterContext): Adapter {
  return {
    ...records,
    async upsert(id, payload, seconds) {
      const begun = exchanges.getStore()?.begun;
      if (payload.result !== undefined || begun === undefined || seconds === undefined) {
        return records.upsert(id, payload, seconds);
      }
      const value = sealBegun(sealer, payload, begunAad(id));
      if (value === undefined) throw new errors.InvalidRequest("the request is too long");
      begun.given = { path: interactionPath(id), value, maxAgeSeconds: seconds };
    },
    async find(id) {
      const sent = exchanges.getStore()?.begun.sent;
      const begun = sent === undefined ? undefined : openBegun(sealer, sent, begunAad(id));
      return begun ?? records.find(id);
    },
  };
}

function recordAdapter(model: string, { store, sealer, clock }: AdapterContext): Adapter {
  const payloads = store.oidcPayloads;
  // A code lives for a minute, and another server, whose clock may be a minute off, may redeem it.
  const isCode = model === "AuthorizationCode";
  const nowMs = async (): Promise<number> => (isCode ? store.auth.nowMs() : clock.nowMs());
  const open = (stored: StoredOidcPayload | undefined, id?: string): AdapterPayload | undefined => {
    if (stored === undefined) return undefined;
    const payload = JSON.parse(
      sealer.open(stored.sealedPayload, aadOf(model, stored.idHash)).toString("utf8"),
    ) as AdapterPayload;
    if (id !== undefined) payload.jti = id;
    if (stored.consumedAtMs !== undefined) payload.consumed = Math.floor(stored.consumedAtMs / 1000);
    return payload;
  };
  const keptMs = isCode ? CODE_KEPT_MS : 0;
  const endOf = async (expiresInSeconds: number | undefined): Promise<number | undefined> =>
    expiresInSeconds === undefined ? undefined : (await nowMs()) + expiresInSeconds * 1000 + keptMs;
  /** The payload as the library reads it, its times moved to the clock of this machine. */
  const onOurClock = async (stored: StoredOidcPayload, payload: AdapterPayload): Promise<AdapterPayload> => {
    if (!isCode || stored.expiresAtMs === undefined) return payload;
    const leftMs = stored.expiresAtMs - keptMs - (await nowMs());
    return { ...payload, exp: Math.floor((Date.now() + leftMs) / 1000) };
  };
  return {
    async upsert(id, payload, expiresInSeconds) {
      const idHash = hashOpaqueToken(id);
      const { jti, consumed: _consumed, ...rest } = payload;
      const kept = FOUND_BY_OTHERS.has(model) ? { ...rest, jti } : rest;
      await payloads.upsert({
        model,
        idHash,
        sealedPayload: sealer.seal(JSON.stringify(kept), aadOf(model, idHash)),
        grantHash: hashOf(payload.grantId),
        uidHash: hashOf(payload.uid),
        userCodeHash: hashOf(payload.userCode),
        userId: payload.accountId ?? payload.session?.accountId ?? payload.result?.login?.accountId,
        consumedAtMs: undefined,
        expiresAtMs: await endOf(expiresInSeconds),
      });
    },
    async find(id) {
      const stored = await payloads.find(model, hashOpaqueToken(id));
      const payload = open(stored, id);
      return stored && payload && onOurClock(stored, payload);
    },
    findByUid: async (uid) => open(await payloads.findByUid(model, hashOpaqueToken(uid))),
    findByUserCode: async (userCode) => open(await payloads.findByUserCode(model, hashOpaqueToken(userCode))),
    async consume(id) {
      if (await payloads.consume(model, hashOpaqueToken(id), clock.nowMs())) return;
      throw new errors.InvalidGrant("used before");
    },
    destroy: (id) => payloads.destroy(model, hashOpaqueToken(id)),
    async revokeByGrantId(grantId) {
      await payloads.revokeByGrant(hashOpaqueToken(grantId));
    },
  };
}

async function readOnly(): Promise<never> {
  throw new Error("Clients are not managed by the OpenID library.");
}

/** Clients are ours; the library only reads them. */
function clientAdapter({ clients }: AdapterContext): Adapter {
  return {
    async find(clientId) {
      const client = await clients.find(clientId);
      return client?.active === true ? toClientMetadata(client) : undefined;
    },
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
    upsert: readOnly,
    consume: readOnly,
    destroy: readOnly,
    revokeByGrantId: readOnly,
  };
}

function begunAad(id: string): string {
  return aadOf("Begun", hashOpaqueToken(id));
}

/** A sealed record opens only as what it is, and under its own id. */
function aadOf(model: string, idHash: string): string {
  return `${model}:${idHash}`;
}

function hashOf(value: string | undefined): string | undefined {
  return value === undefined ? undefined : hashOpaqueToken(value);
}
