import { z } from "zod";
import { networks, text, toggle } from "./setting-kinds.ts";
import type { Settings } from "./setting.ts";
/** Who gets in, and how. */
export const authSettings = {
  masterKey: {
    env: "PIPIT_MASTER_KEY",
    file: "serve.master_key",
    secret: true,
    schema: text,
    wants: "32 bytes as base64 or hex",
    otherwise: "file `master-key`",
    about: "32 bytes as base64 or hex; the same for all servers of one database",
  },
  masterKeyPrevious: {
    env: "PIPIT_MASTER_KEY_PREVIOUS",
    file: "serve.master_key_previous",
    secret: true,
    schema: text,
    wants: "32 bytes as base64 or hex",
    otherwise: "none",
    about:
      "the key that `PIPIT_MASTER_KEY` takes the place of, until `pipit admin master-key rotate` is done",
  },
  registrationOpen: {
    env: "PIPIT_REGISTRATION",
    file: "serve.registration",
    schema: z.enum(["open", "closed"]).transform((value) => value === "open"),
    wants: "open or closed",
    initial: "open",
    about: "`closed`: only an admin makes accounts",
  },
  programsTakePasswords: {
    ...toggle,
    initial: "1",
    env: "PIPIT_PROGRAM_PASSWORDS",
    file: "serve.program_passwords",
    about: "`0`: people type passwords into the server's pages only, never into a program",
  },
  passwordPepper: {
    env: "PIPIT_PASSWORD_PEPPER",
    file: "serve.password_pepper",
    secret: true,
    schema: text.min(16),
    wants: "a secret of 16 to 4096 characters",
    otherwise: "none",
    about: "mixed into new password hashes; losing it makes them worthless",
  },
  internalAuthKey: {
    env: "PIPIT_INTERNAL_AUTH_KEY",
    file: "serve.internal_auth_key",
    secret: true,
    schema: text.min(32),
    wants: "a key of 32 to 4096 characters",
    otherwise: "none",
    about: "lets services in by `X-Internal-Auth`",
  },
  seedCompatClients: {
    ...toggle,
    env: "PIPIT_SEED_COMPAT_CLIENTS",
    file: "serve.seed_compat_clients",
    about: "`1` registers the clients of the original auth service",
  },
  legacyOtpOptional: {
    ...toggle,
    env: "PIPIT_LEGACY_OTP_OPTIONAL",
    file: "serve.legacy_otp_optional",
    about: "`1` admits the original OTP clients: their order, and no token from this machine",
  },
  legacyOtpNetworks: {
    ...networks,
    env: "PIPIT_LEGACY_OTP_NETWORKS",
    file: "serve.legacy_otp_networks",
    about: "networks from which they need no token either, e.g. `10.1.2.0/24`",
  },
  auditRetentionDays: {
    env: "PIPIT_AUDIT_RETENTION_DAYS",
    file: "serve.audit_retention_days",
    schema: z.coerce.number().int().min(1).max(36_500),
    wants: "a number of days from 1 to 36500",
    initial: "400",
    about: "days that audit events are kept",
  },
} as const satisfies Settings;
