/** Where a language model is asked. */
export interface ModelEndpoint {
  /** Who named it: the configuration, an operator in the window, or Pipit itself. */
  readonly kind: "configured" | "saved" | "ollama";
  /** Base of the OpenAI-compatible API, e.g. "http://127.0.0.1:11434/v1". */
  readonly baseUrl: string;
  readonly key: string | undefined;
  readonly model: string;
}

/** What a model takes. Learned from Ollama's capabilities or from refusals; one object per model, shared by its answers. */
export interface ModelAbilities {
  images: boolean;
  tools: boolean;
  /** Messages of the system; absent: it takes them. */
  system?: boolean;
}

/** Scheme, host and port only: what a message may name. Never user info, path or query, where keys can hide. */
export function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : "the configured address";
}

/** Joins a path to a base URL that may end in a slash. */
export function endpointUrl(baseUrl: string, path: string): string {
  return `${baseUrl.replace(/\/+$/, "")}${path}`;
}
