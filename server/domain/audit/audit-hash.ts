import { createHmac, type KeyObject } from "node:crypto";

/** 32 bytes. As a KeyObject it is made ready once, and a MAC takes a fifth of the time. */
export type AuditKey = Buffer | KeyObject;

/** Every value of one event as it is stored, so that a changed column anywhere changes the hash. */
export interface HashedEvent {
  readonly id: string;
  readonly chain: number;
  readonly seq: number;
  readonly atMs: number;
  readonly event: string;
  readonly outcome: string;
  readonly reason: string | undefined;
  readonly userId: string | undefined;
  readonly clientId: string | undefined;
  readonly familyId: string | undefined;
  readonly ip: string | undefined;
  readonly userAgent: string | undefined;
  readonly correlationId: string | undefined;
  /** The JSON text itself: two texts of one value are two events. */
  readonly data: string;
}

/** Head and anchor of a chain: what its MAC vouches for. */
export interface ChainState {
  readonly id: number;
  /** Number of the newest event; 0 before the first. */
  readonly seq: number;
  readonly headHash: string;
  /** The newest event that retention removed; 0 and "" before that. */
  readonly baseSeq: number;
  readonly baseHash: string;
}

/**
 * HMAC-SHA-256 of an event and its predecessor's hash, base64url. The values stand in a fixed order in one JSON array,
 * so that no two events have the same bytes.
 *
 * @param previousHash hash of the event before it in its chain; "" for the first
 */
export function auditEventHash(key: AuditKey, event: HashedEvent, previousHash: string): string {
  return mac(key, [
    "pipit/audit/event/1",
    previousHash,
    event.chain,
    event.seq,
    event.id,
    event.atMs,
    event.event,
    event.outcome,
    event.reason,
    event.userId,
    event.clientId,
    event.familyId,
    event.ip,
    event.userAgent,
    event.correlationId,
    event.data,
  ]);
}

/** HMAC-SHA-256 of a chain's head and anchor, base64url: without the key, no event can be cut off at either end. */
export function auditChainMac(key: AuditKey, chain: ChainState): string {
  return mac(key, [
    "pipit/audit/chain/1",
    chain.id,
    chain.seq,
    chain.headHash,
    chain.baseSeq,
    chain.baseHash,
  ]);
}

/** What is undefined stands as null in the JSON. */
function mac(key: AuditKey, values: readonly (string | number | undefined)[]): string {
  return createHmac("sha256", key).update(JSON.stringify(values)).digest("base64url");
}
