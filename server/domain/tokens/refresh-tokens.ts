import { createHmac, createSecretKey, hash, randomBytes } from "node:crypto";
import type { MasterKey } from "../master-key/master-key.ts";
import type { OauthClient, RefreshFamily, StoredRefreshToken } from "./ports.ts";

/** 256 bits; RFC 6749 §10.10 wants at least 160. */
const TOKEN_BYTES = 32;
const PREFIX = "prt_";
const shape = /^prt_[A-Za-z0-9_-]{43}$/;

/** A token with the row that stands for it; only the row is ever stored. */
export interface MadeRefreshToken {
  readonly refreshToken: string;
  readonly row: StoredRefreshToken;
}

/** What of a family a token needs. */
type Family = Pick<RefreshFamily, "id" | "expiresAtMs">;
type Lifetimes = Pick<OauthClient, "refreshTtlSeconds">;

export type RefreshTokenMaker = ReturnType<typeof createRefreshTokenMaker>;

export function createRefreshTokenMaker(masterKey: MasterKey) {
  const successorKey = createSecretKey(masterKey.derive("refresh-successor"));
  return {
    first: (family: Family, client: Lifetimes, nowMs: number) =>
      make(randomBytes(TOKEN_BYTES).toString("base64url"), 0, family, client, nowMs),
    /**
     * The one successor of a token: computed from it with a key that is not in the database, so that a lost answer can be
     * repeated without storing any token, and a family never has two live leaves.
     */
    successor(
      refreshToken: string,
      { generation: parent }: StoredRefreshToken,
      family: Family,
      client: Lifetimes,
      nowMs: number,
    ): MadeRefreshToken {
      const generation = parent + 1;
      const secret = createHmac("sha256", successorKey)
        .update(`${family.id}\n${generation}\n${refreshToken}`)
        .digest("base64url");
      return make(secret, generation, family, client, nowMs);
    },
  };
}

/** True for what looks like a refresh token of ours; anything else is not worth a look into the database. */
export function isRefreshToken(text: string): boolean {
  return shape.test(text);
}

/** SHA-256, base64url: the name under which a token is stored. */
export function hashOfRefreshToken(refreshToken: string): string {
  return hash("sha256", refreshToken, "base64url");
}

function make(
  secret: string,
  generation: number,
  family: Family,
  client: Lifetimes,
  nowMs: number,
): MadeRefreshToken {
  const refreshToken = PREFIX + secret;
  return {
    refreshToken,
    row: {
      hash: hashOfRefreshToken(refreshToken),
      familyId: family.id,
      generation,
      expiresAtMs: Math.min(nowMs + client.refreshTtlSeconds * 1000, family.expiresAtMs),
    },
  };
}
