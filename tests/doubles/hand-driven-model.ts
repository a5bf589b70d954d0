import type { AnswerModel, AnswerPart, AnswerRequest, ModelSource } from "#server/domain/assistant/ports.ts";
import { Pushable } from "./pushable.ts";

/** One question as the model received it; the test answers it by hand. */
export class Asked {
  readonly request: AnswerRequest;
  readonly signal: AbortSignal;
  readonly parts = new Pushable<AnswerPart>();

  constructor(request: AnswerRequest, signal: AbortSignal) {
    this.request = request;
    this.signal = signal;
  }

  say(...texts: readonly string[]): void {
    this.parts.push(...texts.map((text) => ({ type: "text", text }) as const));
  }

  end(): void {
    this.parts.end();
  }
}

/** A model whose answers a test gives by hand, token by token. It ignores its signal on purpose, as a hanging one does. */
export class HandDrivenModel implements AnswerModel {
  readonly name = "hand";
  readonly asked: Asked[] = [];
  readonly #waiters: (() => void)[] = [];
  /** Makes the source fail before any answer. */
  refusal: unknown;

  answer(request: AnswerRequest, signal: AbortSignal): AsyncIterable<AnswerPart> {
    const asked = new Asked(request, signal);
    this.asked.push(asked);
    for (const wake of this.#waiters.splice(0)) wake();
    return asked.parts;
  }

  /** Resolves when the question with this index has come. */
  async question(index: number): Promise<Asked> {
    for (;;) {
      const asked = this.asked[index];
      if (asked !== undefined) return asked;
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  /** As the server's source of models. */
  source(): ModelSource & { warm(): Promise<void> } {
    return {
      current: async () => {
        if (this.refusal !== undefined) throw this.refusal;
        return this;
      },
      list: async () => [this.name],
      status: async () => ({ kind: "configured", name: this.name, works: true, detail: "driven by a test" }),
      warm: async () => undefined,
    };
  }
}
