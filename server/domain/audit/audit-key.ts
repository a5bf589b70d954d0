import type { MasterKey } from "../master-key/master-key.ts";

/** The key of the audit chains; without it an attacker cannot write an event that `audit verify` believes. */
export function auditKeyOf(masterKey: MasterKey): Buffer {
  return masterKey.derive("audit-chain");
}
