import { expect } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";

/** The error of work that must fail. */
export async function failure(work: Promise<unknown>): Promise<PipitError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PipitError);
  return error as PipitError;
}
