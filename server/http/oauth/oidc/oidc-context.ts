import type { AsyncLocalStorage } from "node:async_hooks";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import type { Sealer } from "#server/domain/secrets/sealer.ts";
import type { HttpContext } from "../../kit/http-context.ts";
import type { BegunSignIn } from "./begun-sign-in.ts";

/** What a request tells the library's callbacks, and what these find, for the route around them. */
export interface ProviderExchange {
  readonly origin: AuditOrigin;
  readonly begun: BegunSignIn;
  /** The code that stood in the address: put into the field, for the person to send. */
  readonly prefilledUserCode?: string | undefined;
  /** A code was looked up and is not there. */
  userCodeMissed?: boolean;
  /** Done when the library has its answer ready, and before that goes out. */
  readonly beforeAnswer?: (() => Promise<void>) | undefined;
}

/** What the library and its callbacks need of the server. */
export interface ProviderContext extends Pick<
  HttpContext,
  "pageUrl" | "masterKey" | "clock" | "logger" | "site"
> {
  readonly config: Pick<HttpContext["config"], "issuer">;
  readonly store: Pick<HttpContext["store"], "auth" | "oidcPayloads">;
  readonly clients: Pick<HttpContext["clients"], "find">;
  readonly webSessions: Pick<HttpContext["webSessions"], "verify">;
  readonly signingKeys: Pick<HttpContext["signingKeys"], "privateJwks" | "fresh">;
  /** Seals with a key that is for the library's records only. */
  readonly sealer: Sealer;
  readonly exchanges: AsyncLocalStorage<ProviderExchange>;
}
