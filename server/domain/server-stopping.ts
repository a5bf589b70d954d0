import { PipitError } from "#contract/pipit-error.ts";

/** For what this server takes no more; another one, or the next, does in a moment. */
export function serverStopping(): PipitError {
  return new PipitError("SERVER_STOPPING", "The server is stopping. Try again in a moment.", {
    retryAfterMs: 1_000,
  });
}

/** For a message that was taken; clients send it again by themselves, at their own pace. */
export function stoppedAnswering(): PipitError {
  return new PipitError(
    "SERVER_STOPPING",
    "The server is stopping. The message can be sent again in a moment.",
  );
}
