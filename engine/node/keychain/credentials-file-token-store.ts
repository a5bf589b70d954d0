import { parse, stringify } from "smol-toml";
import { z } from "zod";
import type { Logger } from "#contract/logger.ts";
import type { StoredTokens, TokenStore } from "#engine/ports.ts";
import { withCredentialsLock } from "./credentials-lock.ts";
import { createAccountFiles, type Owner } from "./account-files.ts";
import { OWN_SERVER, OWN_SERVER_URL, scopeServer, type TokenStoreScope } from "./token-store-scope.ts";

export const CREDENTIALS_FILE = "credentials";
export const CREDENTIALS_LOCK = "credentials.lock";

/** Layout of docs/reference/developer-api.md, "Credentials file", with our additions in their own keys, which the original ignores. */
const credentials = z.object({
  tokens: z.object({
    access: z.string(),
    refresh: z.string(),
    access_expires_at: z.unknown(),
    refresh_expires_at: z.unknown(),
  }),
  user: z.object({ username: z.string(), id: z.string().default(""), local: z.boolean().default(false) }),
  server: z.object({ url: z.string(), own: z.boolean().default(false), active: z.boolean().default(false) }),
});

export interface CredentialsFileOptions extends TokenStoreScope {
  /** Why this is not the keychain; shown to the person. */
  readonly fallbackReason?: string;
  readonly logger: Logger;
}

/**
 * Tokens in `<home>/credentials`: TOML, mode 0600 in a folder of mode 0700; those of other accounts and servers in
 * `<home>/credentials.d`. A damaged file means "signed out" and is kept aside.
 */
export function createCredentialsFileTokenStore(options: CredentialsFileOptions): TokenStore {
  const { fallbackReason } = options;
  const files = createAccountFiles(options, {
    activeFile: CREDENTIALS_FILE,
    activeFiles: /^credentials$/u,
    suffix: "",
    otherFiles: /^[0-9a-f]{16}$/u,
    unreadable: "damaged",
    write: toToml,
    owner(text) {
      const found = parseToml(text);
      return found === undefined ? undefined : toOwner(found, options);
    },
    async open(text) {
      const found = parseToml(text);
      return found === undefined ? undefined : toStored(found, options);
    },
  });
  return {
    ...files,
    withLock: (work, signal) => withCredentialsLock({ ...options, name: CREDENTIALS_LOCK }, work, signal),
    place: () => (fallbackReason === undefined ? { kind: "file" } : { kind: "file", fallbackReason }),
  };
}

type Credentials = z.infer<typeof credentials>;

function parseToml(text: string): Credentials | undefined {
  try {
    const parsed = credentials.safeParse(parse(text)).data;
    const readable =
      parsed !== undefined &&
      readTime(parsed.tokens.access_expires_at) !== undefined &&
      readTime(parsed.tokens.refresh_expires_at) !== undefined;
    return readable ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function toOwner({ user, server }: Credentials, { home }: TokenStoreScope): Owner {
  return {
    server: scopeServer({ home, serverUrl: server.url, ownServer: server.own }),
    accountId: user.id,
    accountName: user.username,
    local: user.local,
    active: server.active,
  };
}

function toStored(found: Credentials, scope: TokenStoreScope): StoredTokens {
  return {
    accessToken: found.tokens.access,
    refreshToken: found.tokens.refresh,
    accessExpiresAtMs: readTime(found.tokens.access_expires_at) ?? 0,
    refreshExpiresAtMs: readTime(found.tokens.refresh_expires_at) ?? 0,
    accountId: found.user.id,
    accountName: found.user.username,
    local: found.user.local,
    serverUrl: scope.serverUrl,
  };
}

function toToml(tokens: StoredTokens, owner: Owner): string {
  const own = owner.server === OWN_SERVER;
  return stringify({
    tokens: {
      access: tokens.accessToken,
      refresh: tokens.refreshToken,
      access_expires_at: formatTime(tokens.accessExpiresAtMs),
      refresh_expires_at: formatTime(tokens.refreshExpiresAtMs),
    },
    user: { username: tokens.accountName, id: tokens.accountId, local: tokens.local },
    server: {
      url: own ? OWN_SERVER_URL : owner.server,
      own,
      ...(owner.active ? { active: true } : {}),
    },
  });
}

/** `2026-11-21T00:26:48.856000+00:00`: microseconds and an explicit offset, as the original writes. */
export function formatTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace("Z", "000+00:00");
}

/** Epoch ms of a TOML date or a string in ISO 8601; `Z` and no zone at all both mean UTC. Undefined if it is neither. */
export function readTime(value: unknown): number | undefined {
  const text = value instanceof Date ? value.toISOString() : value;
  if (typeof text !== "string") return undefined;
  const zoned = /(?:[zZ]|[+-]\d{2}:?\d{2})$/u.test(text) ? text : `${text}Z`;
  const timeMs = Date.parse(zoned.replace(" ", "T"));
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
