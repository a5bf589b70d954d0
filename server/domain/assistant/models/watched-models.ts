import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { WorkMetrics } from "../../work-metrics.ts";
import type { WarmableModelSource } from "../model-source.ts";
import type { AnswerModel, AnswerPart } from "../ports.ts";
import { createModelOutages, isUnknownModel } from "./model-outages.ts";

type ModelMetrics = Pick<WorkMetrics, "modelAsked" | "modelFailed">;

/** Told when a model has answered, or failed by a code. */
type OnAnswered = (model: string, durationMs: number, failure: string | undefined) => void;

interface Watch {
  readonly metrics: ModelMetrics;
  readonly logger: Logger;
  readonly onAnswered?: OnAnswered | undefined;
}

/** The same models, with every question to them counted, what they fail with, and the log told of their outages. */
export function watchedModels(
  source: WarmableModelSource,
  { metrics, logger, onAnswered }: Watch,
): WarmableModelSource {
  const outages = createModelOutages(logger);
  const failed = (reason: unknown, model?: string): never => {
    const error = PipitError.from(reason);
    // A name that a client made up is no fault of a model.
    if (error.code !== "CANCELLED" && !isUnknownModel(error)) {
      metrics.modelFailed(error.code);
      outages.failed(error, model);
    }
    throw reason;
  };
  return {
    current: async (signal, wanted) => {
      const model = await source.current(signal, wanted).catch((reason: unknown) => failed(reason, wanted));
      return watched(model, metrics, { failed, answers: outages.answers, onAnswered });
    },
    list: (signal) => source.list(signal),
    status: (signal) => source.status(signal),
    warm: () => source.warm(),
  };
}

/** No generator around the model's own: it would cost every token. */
function watched(
  model: AnswerModel,
  metrics: ModelMetrics,
  told: {
    readonly failed: (reason: unknown, model: string) => never;
    readonly answers: (model: string) => void;
    readonly onAnswered: OnAnswered | undefined;
  },
): AnswerModel {
  const { failed, answers, onAnswered = () => {} } = told;
  return {
    name: model.name,
    answer(request, signal) {
      metrics.modelAsked();
      const parts = model.answer(request, signal)[Symbol.asyncIterator]();
      const startedMs = performance.now();
      let isOver = false;
      const end = (failure?: string): void => {
        if (!isOver) onAnswered(model.name, performance.now() - startedMs, failure);
        isOver = true;
      };
      const iterator: AsyncIterator<AnswerPart> = {
        next: () =>
          parts.next().then(
            (part) => {
              if (part.done === true) end();
              // A notice may come before the model is asked.
              else if (part.value.type !== "notice") answers(model.name);
              return part;
            },
            (reason: unknown) => {
              end(signal.aborted ? undefined : PipitError.from(reason).code);
              return signal.aborted ? Promise.reject(reason) : failed(reason, model.name);
            },
          ),
        async return() {
          end();
          return (await parts.return?.()) ?? { done: true, value: undefined };
        },
      };
      return { [Symbol.asyncIterator]: () => iterator };
    },
  };
}
