import { generateSecret, generateURI, verifySync } from "otplib/functional";

/** RFC 6238 with what every authenticator app takes: SHA-1, six digits, thirty seconds. */
const DIGITS = 6;
const PERIOD_SECONDS = 30;
/** A step before and one after the present one: clocks differ, and typing takes time (RFC 6238 §5.2). */
const TOLERANCE_SECONDS = PERIOD_SECONDS;
/** 160 bits, as RFC 4226 §4 recommends. */
const SECRET_BYTES = 20;
const shape = /^\d{6}$/;

/** A fresh secret, base 32. */
export function newTotpSecret(): string {
  return generateSecret({ length: SECRET_BYTES });
}

/** What an authenticator app reads from a QR code. Holds the secret: never to be logged. */
export function totpUri(issuer: string, login: string, secret: string): string {
  return generateURI({ strategy: "totp", issuer, label: login, secret });
}

/**
 * The time step that a code belongs to, around `nowMs`; undefined when it is wrong. Whether the step was used before is
 * the store's to say. Six digits and nothing else: what users type around them, clients take off.
 */
export function totpStepOf(secret: string, token: string, nowMs: number): number | undefined {
  if (!shape.test(token)) return undefined;
  const result = verifySync({
    strategy: "totp",
    secret,
    token,
    algorithm: "sha1",
    digits: DIGITS,
    period: PERIOD_SECONDS,
    epoch: Math.floor(nowMs / 1000),
    epochTolerance: TOLERANCE_SECONDS,
  });
  return result.valid && "timeStep" in result ? result.timeStep : undefined;
}
