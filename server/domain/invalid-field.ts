import { PipitError } from "#contract/pipit-error.ts";

/**
 * INVALID_REQUEST for one field.
 *
 * @param why says what is wrong with it and the cure
 */
export function invalidField(field: string, why: string): PipitError {
  return new PipitError("INVALID_REQUEST", `${field}: ${why}`, { field });
}
