import { PipitError } from "#contract/pipit-error.ts";

/** Of a turn whose server is gone, or was away for longer than its lease. */
export function answerLost(): PipitError {
  return new PipitError(
    "ANSWER_LOST",
    "The server stopped in the middle of this answer, and it is lost. The question is kept: ask it again.",
  );
}
