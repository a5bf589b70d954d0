import type { OwnAccount, SignedInPlace } from "#contract/own-account.ts";
import type { OwnAccountClient } from "#engine/account/own-account-client.ts";

const dayMs = 86_400_000;
const nowMs = Date.parse("2026-11-29T10:00:00Z");

export const ada: OwnAccount = {
  login: "ada",
  displayName: "Ada Lovelace",
  about: "I write programs for machines that are not built yet.\nShort answers, please.",
  email: "ada@example.org",
  local: false,
  createdAtMs: nowMs - 40 * dayMs,
  secondFactor: false,
  recoveryCodesLeft: 0,
};

const place = (id: string, clientId: string, daysAgo: number, userAgent?: string): SignedInPlace => ({
  id,
  kind: clientId === "pipit-web" ? "browser" : "program",
  clientId,
  createdAtMs: nowMs - daysAgo * 2 * dayMs,
  lastUsedAtMs: nowMs - daysAgo * dayMs,
  address: "192.0.2.7",
  userAgent,
  current: daysAgo === 0,
});

/** A user's own account on a server that does all that is asked. */
export const scriptedAccount: OwnAccountClient = {
  read: async () => ada,
  changeProfile: async () => undefined,
  changePassword: async () => undefined,
  beginSecondFactor: async () => ({
    uri: "otpauth://totp/Pipit:ada?secret=JBSWY3DPEHPK3PXP&issuer=Pipit",
    secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    qrSvg:
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path fill="#fff" d="M0 0h8v8H0z"/><path d="M1 1h2v2H1zm4 0h2v2H5zM1 5h2v2H1zm3-1h1v1H4zm1 1h1v1H5zm1 1h1v1H6z"/></svg>',
  }),
  confirmSecondFactor: async () => Array.from({ length: 10 }, (_, index) => `${index}k4d-9wq2-7hxm`),
  disableSecondFactor: async () => undefined,
  places: async () => [
    place("p0", "pipit-web", 0, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    place("p1", "pipit-desktop", 1, "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Electron/40"),
    place("p2", "pipit-cli", 3),
    place("p3", "a-program-of-somebody-else", 12),
  ],
  endPlace: async () => undefined,
  close: async () => undefined,
};
