import { PipitError } from "#contract/pipit-error.ts";
import type { Clock } from "#contract/clock.ts";
import type { Logger } from "#contract/logger.ts";
import { createBuiltInModel } from "./built-in/built-in-model.ts";
import { createLanguageModel } from "./models/language-model.ts";
import { originOf, type ModelAbilities, type ModelEndpoint } from "./models/model-endpoint.ts";
import { defaultModelLimits, type ModelLimits } from "./models/model-limits.ts";
import { listModels } from "./models/model-list.ts";
import { createModelNames } from "./models/model-names.ts";
import { createSdkLoader } from "./models/model-sdk.ts";
import { findModel, SUGGESTED_MODEL, type OllamaState, type OllamaWatch } from "./models/ollama.ts";
import { warmUp } from "./models/warm-up.ts";
import type { SavedModel } from "./model-connection.ts";
import type { AnswerModel, ModelSource, ModelStatus } from "./ports.ts";

/** Which model answers; from PIPIT_MODEL_URL, PIPIT_MODEL, PIPIT_MODEL_KEY and Ollama's address. */
export interface ModelConfig {
  /** Base of an OpenAI-compatible API, e.g. "https://api.example.com/v1". Absent: Ollama on loopback, if it runs. */
  readonly url?: string;
  /** Absent: the first one that the endpoint lists. */
  readonly model?: string;
  readonly key?: string;
  /** Longest silence of the model server. */
  readonly timeoutSeconds?: number;
  /** e.g. "http://127.0.0.1:11434" */
  readonly ollamaUrl: string;
}

export interface ModelSourceOptions {
  readonly config: ModelConfig;
  /** What the operator chose in the window, asked with every question; counts while `config.url` is absent. */
  readonly saved?: () => Promise<SavedModel | undefined>;
  /** Of `config.ollamaUrl`. */
  readonly ollama: OllamaWatch;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: ModelLimits;
}

/** A model source that can be made ready before the first question. */
export interface WarmableModelSource extends ModelSource {
  /** Loads and warms the model SDK in the background; never throws. Call it once the server is ready. */
  warm(): Promise<void>;
}

/** The configured endpoint, else Ollama if it runs, else the built-in responder. Costs nothing until it is asked. */
export function createModelSource(options: ModelSourceOptions): WarmableModelSource {
  const { config, clock, logger } = options;
  const limits = options.limits ?? limitsOf(config);
  const sdk = createSdkLoader();
  const models = new Map<string, AnswerModel>();
  let warming: Promise<void> | undefined;

  // One object per model: it keeps what the model refuses, and its compiled schemas.
  const modelAt = (
    endpoint: ModelEndpoint,
    abilities: ModelAbilities,
    onMissing?: () => void,
  ): AnswerModel => {
    const key = JSON.stringify([endpoint, abilities]);
    const known = models.get(key);
    if (known !== undefined) return known;
    const missing = onMissing === undefined ? {} : { onMissing };
    const own = { endpoint, abilities: { ...abilities }, ...missing };
    const model = createLanguageModel({ ...own, limits, sdk, clock, logger });
    models.set(key, model);
    return model;
  };

  const deps: Deps = { config, clock, limits, modelAt, kind: "configured" };
  const chosen =
    config.url === undefined ? ollamaSource(deps, options.ollama) : configuredSource(deps, config.url);
  let last: { readonly text: string; readonly source: ModelSource } | undefined;
  const source = async (): Promise<ModelSource> => {
    const saved = config.url === undefined ? await options.saved?.() : undefined;
    if (saved === undefined) return chosen;
    const text = JSON.stringify(saved);
    if (last?.text === text) return last.source;
    // A key of the configuration belongs to another server.
    const { key: _key, ...rest } = config;
    const savedDeps: Deps = { ...deps, config: { ...rest, ...saved }, kind: "saved" };
    last = { text, source: configuredSource(savedDeps, saved.url) };
    return last.source;
  };
  return {
    current: async (signal, wanted) => (await source()).current(signal, wanted),
    list: async (signal) => (await source()).list(signal),
    status: async (signal) => (await source()).status(signal),
    warm() {
      warming ??= warmUp({ sdk, limits, clock, logger }).catch((error: unknown) => {
        logger.warn("model.warm-failed", { detail: String(error) });
      });
      return warming;
    },
  };
}

interface Deps {
  readonly config: ModelConfig;
  /** Who named `config.url`. */
  readonly kind: Exclude<ModelEndpoint["kind"], "ollama">;
  readonly clock: Clock;
  readonly limits: ModelLimits;
  readonly modelAt: (
    endpoint: ModelEndpoint,
    abilities: ModelAbilities,
    onMissing?: () => void,
  ) => AnswerModel;
}

function configuredSource({ config, clock, limits, modelAt, kind }: Deps, url: string): ModelSource {
  const endpoint: ModelEndpoint = { kind, baseUrl: url, key: config.key, model: config.model ?? "" };
  const look = (signal: AbortSignal) =>
    listModels(endpoint, limits.listTimeoutMs, () => clock.nowMs(), signal);
  // Not the asker's signal: one look serves all who ask meanwhile.
  const names = createModelNames(
    () => look(new AbortController().signal),
    limits.listFreshMs,
    () => clock.nowMs(),
  );
  return {
    async current(signal, wanted = config.model) {
      throwIfCancelled(signal);
      const listed = wanted !== undefined && wanted === config.model ? [] : await names.current();
      if (wanted !== undefined && wanted !== config.model && !listed.includes(wanted)) {
        throw notThere(wanted, listed);
      }
      const model = wanted ?? firstModel(listed);
      return modelAt({ ...endpoint, model }, { images: true, tools: true }, names.forget);
    },
    /** The configured name first, whether it is listed or not. */
    async list(signal) {
      throwIfCancelled(signal);
      const own = config.model === undefined ? [] : [config.model];
      return [...new Set([...own, ...(await names.current().catch(() => []))])];
    },
    status: (signal) => configuredStatus(config, endpoint, look, signal),
  };
}

function ollamaSource({ config, clock, modelAt }: Deps, watch: OllamaWatch): ModelSource {
  const builtIn = createBuiltInModel({ clock });
  return {
    async current(signal, wanted) {
      let state = await watch.state(signal, config.model);
      if (wanted !== undefined) {
        const names = state.kind === "absent" ? [builtIn.name] : state.installed;
        const name = findModel(names, wanted);
        if (name === undefined) throw notThere(wanted, names);
        if (state.kind !== "absent") state = await watch.state(signal, name);
      }
      if (state.kind === "ready") return modelAt(ollamaEndpoint(config, state.model), state.abilities);
      if (state.kind === "absent") return builtIn;
      throw new PipitError("MODEL_MISSING", noModelText(state));
    },
    async list(signal) {
      const state = await watch.state(signal, config.model);
      if (state.kind === "absent") return [builtIn.name];
      return state.kind === "ready" ? [...new Set([state.model, ...state.installed])] : [];
    },
    status: async (signal) => ollamaStatus(config, await watch.state(signal, config.model)),
  };
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new PipitError("CANCELLED", "Cancelled.");
}

function notThere(wanted: string, names: readonly string[]): PipitError {
  return new PipitError("MODEL_MISSING", noSuchModelText(wanted, names), { field: "model" });
}

export function noSuchModelText(wanted: string, names: readonly string[]): string {
  return `There is no model "${wanted}" here. There are: ${names.slice(0, 20).join(", ") || "none"}.`;
}

function limitsOf({ timeoutSeconds }: ModelConfig): ModelLimits {
  return timeoutSeconds === undefined
    ? defaultModelLimits
    : { ...defaultModelLimits, silenceMs: timeoutSeconds * 1_000 };
}

function ollamaEndpoint(config: ModelConfig, model: string): ModelEndpoint {
  // Ollama ignores keys, and ours belongs to another service.
  return { kind: "ollama", baseUrl: `${config.ollamaUrl.replace(/\/+$/, "")}/v1`, key: undefined, model };
}

function firstModel(names: readonly string[]): string {
  const first = names[0];
  if (first !== undefined) return first;
  throw new PipitError(
    "MODEL_MISSING",
    "The model server lists no model. The operator of this server can name one with PIPIT_MODEL.",
  );
}

async function configuredStatus(
  config: ModelConfig,
  endpoint: ModelEndpoint,
  list: (signal: AbortSignal) => Promise<readonly string[]>,
  signal: AbortSignal,
): Promise<ModelStatus> {
  const origin = originOf(endpoint.baseUrl);
  try {
    const names = await list(signal);
    const name = config.model ?? firstModel(names);
    if (names.length === 0 || names.includes(name)) return statusOf(name, true, `${name} at ${origin}`);
    // Gateways take names that they do not list, so this is a hint and not a verdict.
    return statusOf(
      name,
      true,
      `${name} at ${origin}, which does not list it (it lists ${names.slice(0, 5).join(", ")})`,
    );
  } catch (error) {
    const failure = PipitError.from(error);
    if (failure.code === "CANCELLED") throw failure;
    if (failure.code === "MODEL_MISSING" && config.model !== undefined) {
      return statusOf(config.model, true, `${config.model} at ${origin}, which lists no models`);
    }
    return statusOf(config.model ?? "", false, failure.message);
  }
}

function statusOf(name: string, works: boolean, detail: string): ModelStatus {
  return { kind: "configured", name, works, detail };
}

function ollamaStatus(config: ModelConfig, state: OllamaState): ModelStatus {
  const origin = originOf(config.ollamaUrl);
  switch (state.kind) {
    case "ready":
      return {
        kind: "ollama",
        name: state.model,
        works: true,
        detail: `${state.model} in Ollama at ${origin}`,
      };
    case "no-model":
      return { kind: "ollama", name: state.wanted, works: false, detail: noModelText(state) };
    case "absent":
      return {
        kind: "built-in",
        name: "built-in",
        works: true,
        detail: `No language model: PIPIT_MODEL_URL is not set and no Ollama answers at ${origin}. The built-in responder searches your chats, tells the time and calculates. To connect a model, install Ollama (https://ollama.com) and run \`ollama pull ${SUGGESTED_MODEL}\`, or set PIPIT_MODEL_URL, PIPIT_MODEL and PIPIT_MODEL_KEY.`,
      };
  }
}

function noModelText(state: Extract<OllamaState, { kind: "no-model" }>): string {
  const found =
    state.installed.length === 0
      ? "has no model"
      : `has no model "${state.wanted}" (it has ${state.installed.slice(0, 5).join(", ")})`;
  return `Ollama is running but ${found}: run \`ollama pull ${state.wanted}\`.`;
}
