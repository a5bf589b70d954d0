import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from "node:crypto";
import type { MasterKey } from "#server/domain/master-key/master-key.ts";

const DEVICE_ID_BYTES = 16;
const shape = /^([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/;

/**
 * Tokens that a device keeps after a sign-in, so that it is known at the next one: strangers may lock an account, but
 * not for it. A token is no proof of who the user is and opens nothing by itself. It is good for one account until its
 * password changes; nothing is stored.
 */
export type KnownDevices = ReturnType<typeof createKnownDevices>;

export function createKnownDevices(masterKey: MasterKey) {
  const key = createSecretKey(masterKey.derive("known-device"));
  // JSON, so that no two different triples are one text.
  const macOf = (deviceId: string, userId: string, passwordChangedAtMs: number): Buffer =>
    createHmac("sha256", key)
      .update(JSON.stringify([deviceId, userId, passwordChangedAtMs]))
      .digest();
  return {
    issue(userId: string, passwordChangedAtMs: number): string {
      const deviceId = randomBytes(DEVICE_ID_BYTES).toString("base64url");
      return `${deviceId}.${macOf(deviceId, userId, passwordChangedAtMs).toString("base64url")}`;
    },

    /** What the attempts of this device are counted by; undefined for a token that is not of this account and password. */
    check(token: string, userId: string, passwordChangedAtMs: number): string | undefined {
      const [, deviceId, mac] = shape.exec(token) ?? [];
      if (deviceId === undefined || mac === undefined) return undefined;
      // The text of 43 characters has two spare bits, which must not make a new device: the key is the id alone.
      const expected = macOf(deviceId, userId, passwordChangedAtMs);
      return timingSafeEqual(Buffer.from(mac, "base64url"), expected) ? `${userId}:${deviceId}` : undefined;
    },
  };
}
