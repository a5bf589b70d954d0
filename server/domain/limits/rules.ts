import type { LimitRule } from "./ports.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Also how long it is remembered how often a key was blocked: see LEVEL_MEMORY_MS. */
const DAY_MS = 24 * HOUR_MS;

/** After its end a block is remembered for so long, so that the next one is longer; no rule's window is longer. */
export const LEVEL_MEMORY_MS = DAY_MS;

/** Five failures in a row, then a quarter of an hour, half an hour, ... up to a day, until a success. */
const lockout = {
  max: 5,
  windowMs: DAY_MS,
  blockMs: 15 * MINUTE_MS,
  growth: 2,
  maxBlockMs: DAY_MS,
} as const satisfies LimitRule;

/** Everything that is limited, by name (docs/reference/oauth.md, "Limits"). */
export const limitRules = {
  /** Passwords, by the network of the client: see `peerKeyOf`. */
  ip: { max: 5, windowMs: MINUTE_MS },
  /** Passwords, by account. */
  username: { max: 10, windowMs: HOUR_MS },
  /** Passwords and codes of the second factor, by account. */
  lockout,
  /** In place of `username` and `lockout` for a device that has signed in before, so that no stranger locks it out. */
  device: lockout,
  /** First codes of a second factor that is being set up, by account: the owner reads them off a screen. */
  enrolment: { max: 5, windowMs: 10 * MINUTE_MS },
  /** Codes that a person types to connect a device (RFC 8628 §5.1), by network. */
  "user-code": { max: 5, windowMs: 10 * MINUTE_MS },
  /** One-time codes that sign a browser in, by network. */
  "sign-in-code": { max: 20, windowMs: MINUTE_MS },
  /** Sign-ins, and pages about them, that a browser without one, or a device, begins, by network. */
  "begun-sign-in": { max: 100, windowMs: MINUTE_MS },
  /** New accounts and addresses, made or refused (which tells that an account has the login or address), by network. */
  registration: { max: 100, windowMs: HOUR_MS },
  /** Messages and changes of messages in rooms, by account; how many is a setting. */
  "room-message": { max: 1_000, windowMs: MINUTE_MS },
  /** Pictures in rooms, by account: each is decoded, and kept as long as its message. */
  "room-picture": { max: 120, windowMs: HOUR_MS },
  /** Batches of events, by account; how many is a setting. */
  "event-batch": { max: 120, windowMs: MINUTE_MS },
  /** New rooms, by account. */
  room: { max: 100, windowMs: HOUR_MS },
  /** Invitations of logins that no account has, by the account that invites. */
  invitation: { max: 100, windowMs: HOUR_MS },
} as const satisfies Record<string, LimitRule>;

export type LimitName = keyof typeof limitRules;

/** One thing that an attempt is charged to. */
export interface LimitBucket {
  readonly name: LimitName;
  /**
   * What is counted: a network, or an account by its id; a name without an account by what was typed (`loginKeyOf`), so
   * that both are treated alike.
   */
  readonly key: string;
  readonly rule: LimitRule;
}

/** @example await limits.take([limitBucket("ip", peerKeyOf(address)), limitBucket("lockout", account.id)]); */
export function limitBucket(name: LimitName, key: string): LimitBucket {
  return { name, key, rule: limitRules[name] };
}
