import { PipitError } from "#contract/pipit-error.ts";
import type { Clock } from "#contract/clock.ts";
import { endpointUrl, type ModelAbilities } from "./model-endpoint.ts";
import { isRecord } from "./wire/json.ts";
import { isChatName } from "./model-list.ts";
import type { ModelLimits } from "./model-limits.ts";

/** What a look at Ollama found. */
export type OllamaState =
  | { readonly kind: "absent" }
  /** Ollama runs and cannot answer: no model at all, or not the wanted one. */
  | { readonly kind: "no-model"; readonly wanted: string; readonly installed: readonly string[] }
  | {
      readonly kind: "ready";
      readonly model: string;
      readonly abilities: ModelAbilities;
      /** Names of all that may chat. */
      readonly installed: readonly string[];
    };

/** Knows whether Ollama runs on this machine, without making questions wait. */
export interface OllamaWatch {
  /** The newest knowledge; probes when it is old, for at most `probeTimeoutMs`. Throws CANCELLED only. */
  state(signal: AbortSignal): Promise<OllamaState>;
}

/** The model that is suggested when none is installed. */
export const SUGGESTED_MODEL = "llama3.2";
/** Installed models whose capabilities are asked for, at most; without a hit the first one is taken. */
const MAX_SHOWN = 5;

export interface OllamaOptions {
  /** e.g. "http://127.0.0.1:11434" */
  readonly url: string;
  /** Name to use; absent: the most recently changed model that can chat. */
  readonly model: string | undefined;
  readonly clock: Clock;
  readonly limits: ModelLimits;
}

/**
 * A found Ollama is believed for `probeFreshMs`; up to `probeStaleMs` it is still used at once while a new look runs beside
 * the question. "Not there" is looked at again as soon as it is not fresh: a refused connection on loopback costs 1 ms.
 */
export function createOllamaWatch(options: OllamaOptions): OllamaWatch {
  const { clock, limits } = options;
  const shown = new Map<string, readonly string[] | undefined>();
  let known: { readonly state: OllamaState; readonly atMs: number } | undefined;
  let running: Promise<OllamaState> | undefined;

  function look(): Promise<OllamaState> {
    running ??= probe(options, shown)
      .then((state) => {
        known = { state, atMs: clock.nowMs() };
        return state;
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  return {
    async state(signal) {
      if (signal.aborted) throw new PipitError("CANCELLED", "Cancelled.");
      const ageMs = known === undefined ? Number.POSITIVE_INFINITY : clock.nowMs() - known.atMs;
      if (known !== undefined && ageMs < limits.probeFreshMs) return known.state;
      const looked = look();
      return known?.state.kind === "ready" && ageMs < limits.probeStaleMs ? known.state : looked;
    },
  };
}

/** Never throws: whatever goes wrong, Ollama is absent. */
async function probe(
  options: OllamaOptions,
  shown: Map<string, readonly string[] | undefined>,
): Promise<OllamaState> {
  const signal = AbortSignal.timeout(options.limits.probeTimeoutMs);
  const tags = await ask(options.url, "/api/tags", undefined, signal);
  const models = modelsIn(tags);
  if (models === undefined) return { kind: "absent" };
  const names = models.map((model) => model.name);
  if (options.model !== undefined) {
    const wanted = findModel(names, options.model);
    if (wanted === undefined) return { kind: "no-model", wanted: options.model, installed: names };
    return ready(
      wanted,
      await capabilitiesOf(options.url, wanted, keyOf(models, wanted), shown, signal),
      names,
    );
  }
  for (const { name, digest } of models.slice(0, MAX_SHOWN)) {
    const capabilities = await capabilitiesOf(options.url, name, `${name}@${digest}`, shown, signal);
    // Embedding models cannot chat. An Ollama that does not tell (before 0.6) is given the benefit of the doubt.
    if (capabilities === undefined || capabilities.includes("completion")) {
      return ready(name, capabilities, names);
    }
  }
  return { kind: "no-model", wanted: SUGGESTED_MODEL, installed: names };
}

function ready(
  model: string,
  capabilities: readonly string[] | undefined,
  names: readonly string[],
): OllamaState {
  const can = (ability: string) => capabilities === undefined || capabilities.includes(ability);
  const installed = names.filter((name) => name === model || isChatName(name));
  return { kind: "ready", model, abilities: { images: can("vision"), tools: can("tools") }, installed };
}

interface InstalledModel {
  readonly name: string;
  readonly digest: string;
}

function keyOf(models: readonly InstalledModel[], name: string): string {
  return `${name}@${models.find((model) => model.name === name)?.digest ?? ""}`;
}

/** "llama3.2" means "llama3.2:latest", as in Ollama itself. */
export function findModel(names: readonly string[], wanted: string): string | undefined {
  return names.find((name) => name === wanted) ?? names.find((name) => name === `${wanted}:latest`);
}

async function capabilitiesOf(
  url: string,
  model: string,
  cacheKey: string,
  shown: Map<string, readonly string[] | undefined>,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  if (shown.has(cacheKey)) return shown.get(cacheKey);
  const answer = await ask(url, "/api/show", { model }, signal);
  if (answer === undefined) return undefined;
  const capabilities = isRecord(answer) ? answer["capabilities"] : undefined;
  const list = Array.isArray(capabilities)
    ? capabilities.filter((entry): entry is string => typeof entry === "string")
    : undefined;
  shown.set(cacheKey, list);
  return list;
}

/** The JSON of a 200 answer; undefined for anything else. */
async function ask(url: string, path: string, body: unknown, signal: AbortSignal): Promise<unknown> {
  try {
    const response = await fetch(endpointUrl(url, path), {
      signal,
      redirect: "error",
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
    if (response.ok) return await response.json();
    await response.body?.cancel();
    return undefined;
  } catch {
    // Nothing listens, it is something else, or it is too slow: for a question all the same.
    return undefined;
  }
}

function modelsIn(tags: unknown): InstalledModel[] | undefined {
  const models = isRecord(tags) ? tags["models"] : undefined;
  if (!Array.isArray(models)) return undefined;
  return models.flatMap((model: unknown) => {
    if (!isRecord(model) || typeof model["name"] !== "string") return [];
    return [{ name: model["name"], digest: typeof model["digest"] === "string" ? model["digest"] : "" }];
  });
}
