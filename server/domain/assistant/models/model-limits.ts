/** Bounds of everything that asks a model server. Injected, so that tests are fast. */
export interface ModelLimits {
  /** Longest time in which a model server sends no byte, not even a comment; then MODEL_TIMEOUT. */
  readonly silenceMs: number;
  /** One run of a tool; after it the tool counts as failed and the model goes on. */
  readonly toolTimeoutMs: number;
  /** Requests to the model per question: tools may be called in all but the last. */
  readonly maxSteps: number;
  /** Looking for Ollama on loopback: a question waits at most this long. */
  readonly probeTimeoutMs: number;
  /** How long an Ollama probe is believed without looking again. */
  readonly probeFreshMs: number;
  /** How long a found Ollama is still used at once while a new probe runs beside the question. */
  readonly probeStaleMs: number;
  /** Asking a configured endpoint for its models. */
  readonly listTimeoutMs: number;
  /** How long a list of models is believed without looking again. */
  readonly listFreshMs: number;
}

export const defaultModelLimits: ModelLimits = {
  // Ollama takes as long to load a large model.
  silenceMs: 300_000,
  toolTimeoutMs: 20_000,
  maxSteps: 6,
  probeTimeoutMs: 300,
  probeFreshMs: 3_000,
  probeStaleMs: 60_000,
  listTimeoutMs: 5_000,
  listFreshMs: 60_000,
};
