import type { Logger } from "#contract/logger.ts";
import type { PipitError } from "#contract/pipit-error.ts";
import { createOutage, isModelOutage, type Outage } from "../../outage.ts";

/** What keeps every model of a server from answering; anything else may be one model's own. */
const OF_THE_SERVER = new Set(["MODEL_UNREACHABLE", "MODEL_KEY_REFUSED", "MODEL_QUOTA"]);
/** In place of a model's name. */
const SERVER = "";

/** Asked for by its name, which a client chose, and not what the operator set. */
export function isUnknownModel({
  code,
  field,
}: {
  readonly code: string;
  readonly field?: string | undefined;
}): boolean {
  return code === "MODEL_MISSING" && field === "model";
}

/** Tells the log once that a model server, or one of its models, does not answer, and when it does again. */
export function createModelOutages(logger: Logger) {
  const outages = new Map<string, Outage>();
  return {
    /** @param model undefined: it is not known yet which would be asked */
    failed(error: PipitError, model: string | undefined): void {
      const { code, detail, message } = error;
      const fields = { model, code, detail, cure: message };
      if (!isModelOutage(code)) {
        logger.warn("model.failed", { model, code, detail });
        return;
      }
      const who = OF_THE_SERVER.has(code) ? SERVER : (model ?? SERVER);
      const outage = outages.get(who) ?? createOutage(logger, { lost: "model.lost", back: "model.back" });
      outages.set(who, outage);
      outage.failed(code, fields);
    },
    /** With each piece of an answer, so it must cost nothing. */
    answers(model: string): void {
      if (outages.size === 0) return;
      for (const who of [SERVER, model]) {
        outages.get(who)?.works({ model });
        outages.delete(who);
      }
    },
  };
}
