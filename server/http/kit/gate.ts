import type { FastifyRequest } from "fastify";
import { PipitError } from "#contract/pipit-error.ts";
import { admit, type Access, type CallerAccess } from "#server/domain/access/access.ts";
import { bearerTokenOf, foreignPage, type Authenticate } from "#server/domain/access/authenticate.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import { pageCredentialsOf } from "./cookies.ts";
import type { IsSecureTransport } from "./secure-transport.ts";
import type { Site } from "./site.ts";

/** Checks what a route declares, before its handler runs. */
export type Gate = ReturnType<typeof createGate>;

/** The switch for original clients is for their gRPC calls only, so no route has a local peer. */
const remote = { local: false, page: false };

interface GateDeps {
  readonly authenticate: Authenticate;
  readonly wsTokens: { redeem(token: string): Promise<Caller> };
  readonly site: Site;
  readonly isSecure: IsSecureTransport;
  readonly isOperator: (caller: Caller) => Promise<boolean>;
}

export function createGate({ authenticate, wsTokens, site, isSecure, isOperator }: GateDeps) {
  const ofSocket: Authenticate = async ({ authorization, page }, peer) =>
    authorization
      ? wsTokens.redeem(bearerTokenOf(authorization))
      : authenticate({ authorization, page }, peer);
  return {
    /** Throws NOT_ALLOWED for a request that others could have read, or that another page sent, as far as access says so. */
    check(request: FastifyRequest, { secure, ownPageOnly }: Access): void {
      if (ownPageOnly === true && site.isForeignPage(request.headers)) throw foreignPage();
      if (secure !== true || isSecure(request.raw)) return;
      throw new PipitError(
        "NOT_ALLOWED",
        "Authentication requires HTTPS. Use the https:// address of this server; if a proxy of yours takes care of TLS, " +
          "name it in PIPIT_TRUSTED_PROXIES and let it send X-Forwarded-Proto.",
      );
    },

    /** Who asks, if access lets them. Throws as {@link admit}. */
    async admit(request: FastifyRequest, access: CallerAccess): Promise<Caller> {
      const { headers } = request;
      const internalKey = headers["x-internal-auth"];
      const opensSocket = access.proof === "ws-token-or-cookie";
      const shown = {
        authorization: access.proof === "token-or-form" ? headerOrForm(request) : headers.authorization,
        // Of a repeated header Node makes one text with commas, which is no key.
        internalKey: Array.isArray(internalKey) ? internalKey.join(", ") : internalKey,
        // A browser sends the cookie along whichever page opens a socket, which does more than look.
        page: pageCredentialsOf(site, opensSocket ? { method: "POST", headers } : request),
      };
      const caller = await admit(opensSocket ? ofSocket : authenticate, access, shown, remote);
      request.accountId = caller.userId;
      if (access.who !== "operator" || (await isOperator(caller))) return caller;
      throw new PipitError("NOT_ALLOWED", "This is for admins of this server.");
    },
  };
}

/** A token in a form is worth one in the header (RFC 6750 §2.1, §2.2); in two ways at once it is worth nothing. */
function headerOrForm({ headers, body, url }: FastifyRequest): string | undefined {
  if (url.includes("?")) throw new PipitError("INVALID_REQUEST", "A token never belongs into the address.");
  const tokens = body instanceof URLSearchParams ? body.getAll("access_token").filter(Boolean) : [];
  const given = [...tokens.map((token) => `Bearer ${token}`), headers.authorization ?? []].flat();
  if (given.length > 1) {
    throw new PipitError("INVALID_REQUEST", "The token is sent in two ways at once.");
  }
  return given[0];
}
