import { CLI_CLIENT_ID, DESKTOP_CLIENT_ID } from "#contract/auth-wire.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Scope } from "#server/domain/tokens/scopes.ts";
import { isGiven, type Authenticate, type Credentials } from "./authenticate.ts";
import type { Caller } from "./caller.ts";
import type { Peer } from "./peer.ts";

/** Who may make a request: data of every route and every RPC, so that none is open because its handler forgot to ask. */
export type Access = OpenAccess | CallerAccess;

export interface OpenAccess {
  /**
   * anyone: it tells nothing of a user, or it is how a client gets a token. client: an OAuth client, which proves
   * itself in the form of the request (RFC 6749 §2.3.1), so that its handler reads the proof.
   */
  readonly who: "anyone" | "client";
  /** Refused where others could have read the request on its way. */
  readonly secure?: true;
  /** Refused for a browser whose page is another's; programs have no page. */
  readonly ownPageOnly?: true;
}

export interface CallerAccess {
  /**
   * own-program: a person, by a token of the terminal client or the desktop app. operator: an admin, or the local
   * account, whose machine it is.
   */
  readonly who: "person" | "person-or-service" | "own-program" | "operator";
  /**
   * token: a bearer token, so that no page can make a browser do it. token-or-form: as RFC 6750 §2.2 has it, too.
   * token-or-cookie: also the cookie of the server's own page. ws-token-or-cookie: for a WebSocket, a token that opens one
   * and nothing else, or that cookie.
   */
  readonly proof: "token" | "token-or-form" | "token-or-cookie" | "ws-token-or-cookie";
  /** What the token or the sign-in must have been granted. */
  readonly scope: Scope | "any";
  /** Takes the code of the second factor, so a sign-in that owes it may call. */
  readonly owedCode?: true;
  /** Refused to API keys: what is done to the account or to the server takes the person's own sign-in. */
  readonly signedIn?: true;
  /**
   * For original clients, which show no token: a request that shows nothing passes without a caller when it comes from
   * this machine, or from an address of which this is true.
   */
  readonly tokenOptional?: (address: string | undefined) => boolean;
  readonly secure?: true;
  readonly ownPageOnly?: true;
}

export const anyone: OpenAccess = { who: "anyone" };
export const oauthClient: OpenAccess = { who: "client" };
/** What signs a browser in or out: another page may do neither, to an account of its choice. */
export const browserDoor: OpenAccess = { who: "anyone", ownPageOnly: true };
/** What people read of their own. */
export const reader: CallerAccess = { who: "person", proof: "token-or-cookie", scope: "api:read" };
/** What people do with their own. */
export const writer: CallerAccess = { who: "person", proof: "token-or-cookie", scope: "api:write" };
/** What people do to their account itself, and what they see of that. */
export const owner: CallerAccess = { ...writer, signedIn: true };
export const ownersLook: CallerAccess = { ...reader, signedIn: true };
/** How the server itself is set up. */
export const operator: CallerAccess = { ...owner, who: "operator" };
/** What people and services may know. */
export const readerOrService: CallerAccess = { ...reader, who: "person-or-service" };
/** What begins another sign-in: never by cookie, because a page's sign-in must not outlive itself. */
export const ownProgram: CallerAccess = { who: "own-program", proof: "token", scope: "any", signedIn: true };

/** True where a caller needs no proof before the handler runs. */
export function isOpen(access: Access): access is OpenAccess {
  return access.who === "anyone" || access.who === "client";
}

/** True for the request of an original client that {@link CallerAccess.tokenOptional} lets through. What is shown is verified. */
export function isWithoutCaller(
  { tokenOptional }: CallerAccess,
  { authorization, internalKey, page }: Omit<Credentials, "allowPendingOtp">,
  peer: Peer,
): boolean {
  const showsNothing = !isGiven(authorization) && !isGiven(internalKey) && page === undefined;
  if (tokenOptional === undefined || !showsNothing || peer.page) return false;
  return peer.local || tokenOptional(peer.address);
}

const ownPrograms: ReadonlySet<string> = new Set([CLI_CLIENT_ID, DESKTOP_CLIENT_ID]);

/**
 * The one check of {@link CallerAccess}. Throws as {@link Authenticate}; NOT_ALLOWED for a service where only people may,
 * for another program, for an API key where a person must have signed in, and for a token without the scope.
 */
export async function admit(
  authenticate: Authenticate,
  access: CallerAccess,
  shown: Omit<Credentials, "allowPendingOtp">,
  peer: Peer,
): Promise<Caller> {
  const caller = await authenticate(
    {
      ...shown,
      page: access.proof.endsWith("-or-cookie") ? shown.page : undefined,
      allowPendingOtp: access.owedCode === true,
    },
    peer,
  );
  if (access.who !== "person-or-service" && caller.kind !== "user") {
    throw new PipitError("NOT_ALLOWED", "This is for people: sign in as a user instead of as a service.");
  }
  if (access.signedIn === true && caller.apiKeyId !== undefined) {
    throw new PipitError("NOT_ALLOWED", "An API key cannot do this. Sign in, and do it yourself.");
  }
  if (access.who === "own-program" && !ownPrograms.has(caller.clientId)) {
    throw new PipitError(
      "NOT_ALLOWED",
      "This is for tokens of the terminal client and the desktop app only.",
    );
  }
  const { scope } = access;
  // Original clients without a token have no scope, and ask all the same.
  if (scope !== "any" && !caller.anonymous && !caller.scope.includes(scope)) {
    throw new PipitError("NOT_ALLOWED", `This needs a token with the scope ${scope}.`, {
      field: "scope",
      detail: scope,
    });
  }
  return caller;
}
