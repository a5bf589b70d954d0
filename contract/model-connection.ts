/** Why an address cannot be used as a model server; the window has a sentence for each, in the person's language. */
export const modelProblems = [
  /** Nothing answers there. */
  "unreachable",
  "timeout",
  /** It says https for a server that speaks http, or the other way round, or names no place that can be asked. */
  "address",
  /** Its certificate is not trusted. */
  "certificate",
  /** It sends us on to another address, where the key must not go. */
  "elsewhere",
  /** It refused the key, or wants one. */
  "key",
  /** It answers, but not as an OpenAI-compatible server. */
  "not-compatible",
  /** It lists no model, or only such as do not chat. */
  "no-chat-models",
  /** It gets too many requests, or its account has used up its quota. */
  "limited",
  /** It failed itself. */
  "failed",
] as const;
export type ModelProblem = (typeof modelProblems)[number];

/** What a look at an address found. */
export interface ModelCheck {
  /** Names of the chat models there; empty with a problem. */
  readonly models: readonly string[];
  readonly problem?: ModelProblem | undefined;
}

/** A model server that was found without being named. */
export interface FoundModels {
  /** Base of its OpenAI-compatible API. */
  readonly url: string;
  /** Names of its chat models; empty: none is installed. */
  readonly models: readonly string[];
}

/** Where a server's answers come from; never with a key. */
export interface ModelConnection {
  /**
   * configuration: flags, environment or configuration file name a server, and win over what is saved. none: Ollama if it
   * runs, else the built-in answers.
   */
  readonly from: "configuration" | "saved" | "none";
  readonly url?: string | undefined;
  readonly model?: string | undefined;
  readonly hasKey: boolean;
  /** The setting of the configuration that wins, e.g. "PIPIT_MODEL_URL". */
  readonly setBy?: string | undefined;
  /** Ollama beside the server, while it runs there. */
  readonly ollama?: FoundModels | undefined;
}
