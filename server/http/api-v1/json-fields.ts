import type { FastifyRequest } from "fastify";
import { HttpError } from "../kit/http-error.ts";

/** What is wrong with the fields of a body, as Django REST framework says it: `{"username": ["..."]}`. */
export class FieldErrors extends Error {
  override readonly name = "FieldErrors";
  readonly errors: Readonly<Record<string, readonly string[]>>;

  constructor(errors: Readonly<Record<string, readonly string[]>>) {
    super("fields are missing or wrong");
    this.errors = errors;
  }
}

/**
 * The texts of a JSON body. All that is wrong is said at once.
 *
 * @throws FieldErrors for a field of `required` that is missing or blank, or any that is no text; HttpError 415 for a
 *   body of another kind
 * @example const { username, password, otp } = readFields(request, ["username", "password"], ["otp"]);
 */
export function readFields<Required extends string, Optional extends string = never>(
  request: FastifyRequest,
  required: readonly Required[],
  optional: readonly Optional[] = [],
): Readonly<Record<Required, string> & Partial<Record<Optional, string>>> {
  const body = objectOf(request.body);
  const errors: Record<string, readonly string[]> = {};
  const read = (name: string): string | undefined => {
    const value = Object.hasOwn(body, name) ? body[name] : undefined;
    if (value === undefined || value === null) return undefined;
    if (typeof value === "string") return value;
    errors[name] = ["Not a valid string."];
    return undefined;
  };
  const needed = required.map((name) => {
    const value = read(name);
    if (value === undefined) errors[name] ??= ["This field is required."];
    else if (value === "") errors[name] = ["This field may not be blank."];
    return [name, value] as const;
  });
  // A form that has no code to send sends an empty one.
  const given = optional.map((name) => [name, read(name) || undefined] as const);
  if (Object.keys(errors).length > 0) throw new FieldErrors(errors);
  return Object.fromEntries([...needed, ...given]) as Readonly<
    Record<Required, string> & Partial<Record<Optional, string>>
  >;
}

function objectOf(body: unknown): Readonly<Record<string, unknown>> {
  if (body === undefined || body === null) return {};
  if (body instanceof URLSearchParams) {
    throw new HttpError(415, "The body must be JSON (application/json).");
  }
  if (typeof body !== "object" || Array.isArray(body)) {
    throw new FieldErrors({ non_field_errors: ["Invalid data. Expected a dictionary."] });
  }
  return { ...body };
}
