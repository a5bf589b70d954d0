import { LOCAL_GRANT_TYPE } from "#contract/auth-wire.ts";
import { invalidField } from "#server/domain/invalid-field.ts";
import type { OauthClient } from "./ports.ts";
import { checkRedirectUris } from "./redirect-uris.ts";
import { KNOWN_SCOPES, narrowScope } from "./scopes.ts";

const MAX_NAME_CHARS = 100;
const DAY_SECONDS = 24 * 60 * 60;
/** Lifetimes that a client may have: [least, most]. */
export const clientLives = {
  accessTtlSeconds: [60, 3_600],
  refreshTtlSeconds: [60, 366 * DAY_SECONDS],
  refreshAbsoluteSeconds: [60, 366 * DAY_SECONDS],
  refreshGraceMs: [0, 15 * 60 * 1000],
} as const;

const idShape = /^[a-z0-9][a-z0-9._-]{2,63}$/;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** What callers without a client are called. */
const reservedIds: ReadonlySet<string> = new Set(["internal", "legacy"]);

/** False for what no client can be called. */
export function isClientId(text: string): boolean {
  return idShape.test(text);
}

/** Refuses an id that could be taken for an account's (RFC 9700 §4.15). Throws INVALID_REQUEST. */
export function checkClientId(clientId: string): void {
  if (!isClientId(clientId)) {
    throw invalidField(
      "client_id",
      "3 to 64 of a-z, 0-9, dot, hyphen and underscore, a letter or digit first.",
    );
  }
  // Accounts have UUIDs: a client with one could pass for its owner.
  if (uuid.test(clientId) || reservedIds.has(clientId))
    throw invalidField("client_id", "this id is not free.");
}

/**
 * What may stand in the table of clients.
 *
 * @throws PipitError INVALID_REQUEST; the message names the field and the cure
 */
export function checkClient(client: OauthClient): OauthClient {
  const name = client.name.trim();
  if (name === "" || name.length > MAX_NAME_CHARS || /\p{Cc}/u.test(name)) {
    throw invalidField("name", `1 to ${MAX_NAME_CHARS} characters in one line.`);
  }
  for (const [field, [least, most]] of Object.entries(clientLives) as [
    keyof typeof clientLives,
    [number, number],
  ][]) {
    const value = client[field];
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      throw invalidField(field, `a whole number from ${least} to ${most}.`);
    }
  }
  checkKind(client);
  checkGrants(client);
  const { applicationType } = client;
  return {
    ...client,
    name,
    scope: checkScope(client),
    redirectUris: checkRedirectUris(client.redirectUris, applicationType, "redirect_uris"),
    postLogoutRedirectUris: checkRedirectUris(
      client.postLogoutRedirectUris,
      applicationType,
      "post_logout_redirect_uris",
    ),
  };
}

function checkKind({ applicationType, confidential }: OauthClient): void {
  // RFC 8252 §8.5: a secret that is on every user's machine is none.
  if (applicationType === "native" && confidential) {
    throw invalidField(
      "application_type",
      "a native client cannot keep a secret; make it public, or a web client.",
    );
  }
}

function checkGrants(client: OauthClient): void {
  const { confidential, firstParty, allowPasswordGrant, redirectUris } = client;
  const grants = new Set(client.grantTypes);
  if (grants.size === 0) throw invalidField("grant_types", "name at least one.");
  if (grants.has("authorization_code") && redirectUris.length === 0) {
    throw invalidField("redirect_uris", "a client with authorization_code needs at least one.");
  }
  if (grants.has("client_credentials") && !confidential) {
    throw invalidField(
      "grant_types",
      "client_credentials is for confidential clients: a public one proves nothing.",
    );
  }
  // RFC 9700 §2.4.
  if (grants.has("password") !== allowPasswordGrant || (allowPasswordGrant && !firstParty)) {
    throw invalidField(
      "grant_types",
      "password is for first-party clients that are allowed it, and for nobody else.",
    );
  }
  if (grants.has(LOCAL_GRANT_TYPE) && !firstParty) {
    throw invalidField("grant_types", "the local grant is for first-party clients.");
  }
}

function checkScope({ scope, grantTypes }: OauthClient): string {
  const known = narrowScope(scope, KNOWN_SCOPES.join(" "));
  if (known === undefined) throw invalidField("scope", `one or more of: ${KNOWN_SCOPES.join(" ")}`);
  // What a person may administer is decided by their role, never by the program they use.
  if (known.split(" ").includes("api:admin") && grantTypes.some((grant) => grant !== "client_credentials")) {
    throw invalidField("scope", "api:admin is for clients with client_credentials as their only grant.");
  }
  return known;
}
