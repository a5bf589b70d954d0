/** Every scope that this server knows. `token:introspect` lets a client ask about tokens of other clients. */
export const KNOWN_SCOPES = [
  "api:read",
  "api:write",
  "api:admin",
  "token:introspect",
  "openid",
  "profile",
  "email",
  "offline_access",
] as const;
export type Scope = (typeof KNOWN_SCOPES)[number];

/** What a sign-in may do when it asks for nothing less. */
export const FULL_SCOPE = "api:read api:write";

const known: ReadonlySet<string> = new Set(KNOWN_SCOPES);

/** The scopes of a space-separated text (RFC 6749 §3.3), each once, in their order. */
export function scopesOf(text: string): readonly string[] {
  return [...new Set(text.split(" ").filter(Boolean))];
}

/**
 * What is granted of `asked`: exactly that, each scope once, or undefined when it is empty, unknown or more than
 * `allowed` (the caller answers invalid_scope). Nothing asked means {@link FULL_SCOPE}, as far as it is allowed.
 *
 * @param allowed what the client may have at most, or what the sign-in was for; space-separated
 */
export function narrowScope(asked: string | undefined, allowed: string): string | undefined {
  const limit = new Set(scopesOf(allowed));
  if (asked === undefined) {
    const usual = scopesOf(FULL_SCOPE).filter((scope) => limit.has(scope));
    return usual.length > 0 ? usual.join(" ") : scopesOf(allowed).join(" ") || undefined;
  }
  const wanted = scopesOf(asked);
  if (wanted.length === 0 || !wanted.every((scope) => known.has(scope) && limit.has(scope))) return undefined;
  return wanted.join(" ");
}
