import * as z from "zod/mini";
import {
  modelProblems,
  type FoundModels,
  type ModelCheck,
  type ModelConnection,
} from "#contract/model-connection.ts";
import type { HttpClient } from "#engine/ports.ts";
import { createJsonApi } from "#engine/wire/json-api.ts";

const path = "/v1/model-connection";
const names = z.array(z.string());
const found: z.ZodMiniType<FoundModels> = z.object({ url: z.string(), models: names });
const viewSchema = z.object({
  from: z.enum(["configuration", "saved", "none"]),
  url: z.optional(z.string()),
  model: z.optional(z.string()),
  has_key: z.boolean(),
  set_by: z.optional(z.string()),
  ollama: z.optional(found),
});
const checkSchema = z.object({
  models: names,
  // What a newer server says more is a failure all the same.
  problem: z.optional(z.catch(z.enum(modelProblems), "failed")),
});

export interface ServerAddress {
  readonly url: string;
  readonly key?: string | undefined;
}

export type ModelConnectionClient = ReturnType<typeof createModelConnectionClient>;

/**
 * `/v1/model-connection` (docs/api.md). All methods throw PipitError; NOT_ALLOWED for an account that may not.
 *
 * @param http adds the sign-in
 */
export function createModelConnectionClient(http: HttpClient) {
  const { ask } = createJsonApi(http);
  const read = async (method: "GET" | "PUT" | "DELETE", signal: AbortSignal, body?: object) => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const { has_key, set_by, ...view } = await ask({ method, path, ...sent }, viewSchema, signal);
    return { ...view, hasKey: has_key, setBy: set_by } satisfies ModelConnection;
  };
  return {
    view: (signal: AbortSignal): Promise<ModelConnection> => read("GET", signal),
    check: (address: ServerAddress, signal: AbortSignal): Promise<ModelCheck> =>
      ask({ method: "POST", path: `${path}/check`, body: JSON.stringify(address) }, checkSchema, signal),
    save: (
      saved: ServerAddress & { readonly model: string },
      signal: AbortSignal,
    ): Promise<ModelConnection> => read("PUT", signal, saved),
    forget: (signal: AbortSignal): Promise<ModelConnection> => read("DELETE", signal),
  };
}
