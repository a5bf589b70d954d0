import { z } from "zod";
import { PipitError } from "#contract/pipit-error.ts";

const claimsSchema = z.object({
  sub: z.string().min(1),
  name: z.string().min(1).optional().catch(undefined),
  preferred_username: z.string().min(1).optional().catch(undefined),
  exp: z.number().finite().positive().optional(),
});

/**
 * Reads the claims of a JWT (RFC 7519) WITHOUT verifying it: only for showing a name and planning a refresh. Whether
 * the token is good is for the server to say.
 *
 * @throws PipitError TOKEN_INVALID; the message never repeats the token
 */
export function readClaims(token: string) {
  const parts = token.split(".");
  const payload = parts.length === 3 ? decodePart(parts[1] ?? "") : undefined;
  const parsed = claimsSchema.safeParse(payload);
  if (!parsed.success) {
    const message =
      "This is not an access token of Pipit. Copy the whole token: three parts separated by dots.";
    throw new PipitError("TOKEN_INVALID", message, { field: "token" });
  }
  const { sub, name, preferred_username: login, exp } = parsed.data;
  return {
    subject: sub,
    name: name ?? login ?? sub,
    /** Epoch milliseconds; undefined when the token names no end. */
    expiresAtMs: exp === undefined ? undefined : exp * 1000,
  };
}

function decodePart(part: string): unknown {
  try {
    const binary = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
