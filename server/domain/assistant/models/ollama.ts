import { PipitError } from "#contract/pipit-error.ts";
import { fetchAgain } from "#server/domain/fetch-again.ts";
import type { Clock } from "#contract/clock.ts";
import { endpointUrl, type ModelAbilities } from "./model-endpoint.ts";
import { readBody } from "./wire/read-body.ts";
import { isRecord, parseJson } from "./wire/json.ts";
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

/** Knows whether Ollama runs on this machine, without making questions wait. Make one per server and share it. */
export interface OllamaWatch {
  /**
   * The newest knowledge; probes when it is old, for at most `probeTimeoutMs`. Throws CANCELLED only.
   *
   * @param wanted name of the model; absent: the most recently changed one that can chat
   */
  state(signal: AbortSignal, wanted?: string): Promise<OllamaState>;
}

/** The model that is suggested when none is installed. */
export const SUGGESTED_MODEL = "llama3.2";
/** Installed models whose capabilities are asked for, at most; without a hit the first one is taken. */
const MAX_SHOWN = 5;

export interface OllamaOptions {
  /** e.g. "http://127.0.0.1:11434" */
  readonly url: string;
  readonly clock: Clock;
  readonly limits: ModelLimits;
}

/**
 * A found Ollama is believed for `probeFreshMs`; up to `probeStaleMs` it is still used at once while a new look runs beside
 * the question. "Not there" is looked at again as soon as it is not fresh: a refused connection on loopback costs 1 ms.
 */
export function createOllamaWatch({ url, clock, limits }: OllamaOptions): OllamaWatch {
  const shown = new Map<string, readonly string[] | undefined>();
  let known: Look | undefined;
  let running: Promise<Look> | undefined;

  const stateIn = (look: Look, wanted: string | undefined, signal: AbortSignal): Promise<OllamaState> => {
    const capabilitiesOf = (model: InstalledModel) => askCapabilities(url, model, shown, signal);
    const name = wanted === undefined ? undefined : findModel(namesOf(look.models ?? []), wanted);
    // Only for names that are installed: what people type must not fill the map.
    if (name !== wanted && name === undefined) return choose(look.models, wanted, capabilitiesOf);
    const state = look.states.get(name) ?? choose(look.models, name, capabilitiesOf);
    look.states.set(name, state);
    return state;
  };
  const lookOnce = async (wanted: string | undefined): Promise<Look> => {
    const signal = AbortSignal.timeout(limits.probeTimeoutMs);
    const models = modelsIn(await ask(url, "/api/tags", undefined, signal));
    const look: Look = { models, atMs: clock.nowMs(), states: new Map() };
    // Before the look counts: what it found new is asked beside the question too.
    await stateIn(look, wanted, signal);
    return look;
  };
  const startLook = (wanted: string | undefined): Promise<Look> => {
    running ??= lookOnce(wanted)
      .then((look) => (known = look))
      .finally(() => {
        running = undefined;
      });
    return running;
  };

  return {
    async state(signal, wanted) {
      if (signal.aborted) throw new PipitError("CANCELLED", "Cancelled.");
      const ageMs = known === undefined ? Number.POSITIVE_INFINITY : clock.nowMs() - known.atMs;
      const stateOf = (look: Look) => stateIn(look, wanted, AbortSignal.timeout(limits.probeTimeoutMs));
      if (known !== undefined && ageMs < limits.probeFreshMs) return stateOf(known);
      const before = known;
      const looked = startLook(wanted);
      if (before !== undefined && ageMs < limits.probeStaleMs) {
        const state = await stateOf(before);
        if (state.kind === "ready") return state;
      }
      return stateOf(await looked);
    },
  };
}

/** What one look found: `undefined` models mean that no Ollama answered. */
interface Look {
  readonly models: readonly InstalledModel[] | undefined;
  readonly atMs: number;
  /** By the name that is wanted. */
  readonly states: Map<string | undefined, Promise<OllamaState>>;
}

async function choose(
  models: readonly InstalledModel[] | undefined,
  wanted: string | undefined,
  capabilitiesOf: (model: InstalledModel) => Promise<readonly string[] | undefined>,
): Promise<OllamaState> {
  if (models === undefined) return { kind: "absent" };
  const names = namesOf(models);
  const candidates =
    wanted === undefined ? models.slice(0, MAX_SHOWN) : models.filter(({ name }) => name === wanted);
  for (const model of candidates) {
    const capabilities = await capabilitiesOf(model);
    // Embedding models cannot chat. An Ollama that does not tell (before 0.6) is given the benefit of the doubt.
    if (wanted !== undefined || capabilities === undefined || capabilities.includes("completion")) {
      return ready(model.name, capabilities, names);
    }
  }
  return { kind: "no-model", wanted: wanted ?? SUGGESTED_MODEL, installed: names };
}

function namesOf(models: readonly InstalledModel[]): string[] {
  return models.map(({ name }) => name);
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

/** "llama3.2" means "llama3.2:latest", as in Ollama itself. */
export function findModel(names: readonly string[], wanted: string): string | undefined {
  return names.find((name) => name === wanted) ?? names.find((name) => name === `${wanted}:latest`);
}

async function askCapabilities(
  url: string,
  { name, digest }: InstalledModel,
  shown: Map<string, readonly string[] | undefined>,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const key = `${name}@${digest}`;
  if (shown.has(key)) return shown.get(key);
  const answer = await ask(url, "/api/show", { model: name }, signal);
  if (answer === undefined) return undefined;
  const capabilities = isRecord(answer) ? answer["capabilities"] : undefined;
  const list = Array.isArray(capabilities)
    ? capabilities.filter((entry): entry is string => typeof entry === "string")
    : undefined;
  shown.set(key, list);
  return list;
}

/** The JSON of a 200 answer; undefined for anything else. */
async function ask(url: string, path: string, body: unknown, signal: AbortSignal): Promise<unknown> {
  try {
    const response = await fetchAgain(endpointUrl(url, path), {
      signal,
      redirect: "error",
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
    if (response.ok) return parseJson(await readBody(response));
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
