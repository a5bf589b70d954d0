import { PipitError } from "#contract/pipit-error.ts";
import type { WorkMetrics } from "../../work-metrics.ts";
import type { WarmableModelSource } from "../model-source.ts";
import type { AnswerModel, AnswerPart } from "../ports.ts";

type ModelMetrics = Pick<WorkMetrics, "modelAsked" | "modelFailed">;

/** Told when a model has answered, or failed by a code. */
type OnAnswered = (model: string, durationMs: number, failure: string | undefined) => void;

/** The same models, with every question to them counted, and what they fail with. */
export function watchedModels(
  source: WarmableModelSource,
  metrics: ModelMetrics,
  onAnswered?: OnAnswered,
): WarmableModelSource {
  const failed = (reason: unknown): never => {
    const { code } = PipitError.from(reason);
    if (code !== "CANCELLED") metrics.modelFailed(code);
    throw reason;
  };
  return {
    current: async (signal, wanted) => {
      const model = await source.current(signal, wanted).catch((reason: unknown) => {
        // A name that a client made up is no fault of a model.
        if (wanted === undefined) failed(reason);
        throw reason;
      });
      return watched(model, metrics, failed, onAnswered);
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
  failed: (reason: unknown) => never,
  onAnswered: OnAnswered = () => {},
): AnswerModel {
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
              return part;
            },
            (reason: unknown) => {
              end(signal.aborted ? undefined : PipitError.from(reason).code);
              return signal.aborted ? Promise.reject(reason) : failed(reason);
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
