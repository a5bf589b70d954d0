import { createHash, randomBytes } from "node:crypto";

/** 256 bits: guessing one is hopeless, so nothing slower than SHA-256 needs to protect them at rest. */
const TOKEN_BYTES = 32;
const shape = /^[A-Za-z0-9_-]{43}$/;

/** A fresh secret of 43 characters that are safe in a cookie, a form and the fragment of an address. */
export function newOpaqueToken(): string {
  return randomBytes(TOKEN_BYTES).toString("base64url");
}

/** False for what {@link newOpaqueToken} cannot have made; that is not worth a look into the database. */
export function isOpaqueToken(text: string): boolean {
  return shape.test(text);
}

/** What is stored of a secret: SHA-256, base64url. */
export function hashOpaqueToken(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
