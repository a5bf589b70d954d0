import { PipitError } from "#contract/pipit-error.ts";

/** An error of this client, whose message is in the person's language already. */
export class ToldError extends PipitError {}
