import * as z from "zod/mini";
import { MODEL_NAME_MAX_CHARS } from "../limits.ts";
import type { ModelCheck, ModelConnection } from "../model-connection.ts";
import { command, nothing } from "./command.ts";

const address = {
  url: z.string().check(z.minLength(1), z.maxLength(2048)),
  /** Absent: the one that is saved for this address, if any. Empty: none. */
  key: z.optional(z.string().check(z.maxLength(4096))),
};

/** Where the server's answers come from. For who may not connect a model, all but `lookForModel` throw NOT_ALLOWED. */
export const modelCommands = {
  modelConnection: command<ModelConnection>()(nothing),
  /** Asks an address for its chat models. The next check ends it, and `stopModelCheck` does: CANCELLED. */
  checkModel: command<ModelCheck>()(z.strictObject(address)),
  stopModelCheck: command<void>()(nothing),
  saveModel: command<ModelConnection>()(
    z.strictObject({
      ...address,
      model: z.string().check(z.minLength(1), z.maxLength(MODEL_NAME_MAX_CHARS)),
    }),
  ),
  forgetModel: command<ModelConnection>()(nothing),
  /** Looks whether a model answers by now, and shows it in the state of the server. Never throws. */
  lookForModel: command<void>()(nothing),
} as const;
