import { PipitError } from "#contract/pipit-error.ts";
import type { LiveTurn } from "./live-turn.ts";
import type { AnswerModel } from "./ports.ts";
import type { TurnDeps } from "./turn-types.ts";
import { wording } from "./context/wording.ts";

interface Asking {
  readonly userId: string;
  readonly chatId: string;
  /** The model that the question names. */
  readonly wanted: string | undefined;
  readonly locale: string;
}

/** The model of the question, which the chat keeps; else the chosen one, as long as it is there. */
export async function modelFor(
  { models, choices }: Pick<TurnDeps, "models" | "choices">,
  { userId, chatId, wanted, locale }: Asking,
  live: LiveTurn,
): Promise<AnswerModel> {
  if (wanted !== undefined) {
    const model = await models.current(live.signal, wanted);
    await choices.choose(userId, chatId, wanted);
    return model;
  }
  const chosen = await choices.chosen(userId, chatId);
  try {
    return await models.current(live.signal, chosen);
  } catch (error) {
    if (chosen === undefined || PipitError.from(error).code !== "MODEL_MISSING") throw error;
    const model = await models.current(live.signal);
    live.publish({ type: "notice", code: "MODEL_GONE", text: wording(locale).modelGone(chosen, model.name) });
    return model;
  }
}
