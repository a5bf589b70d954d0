import * as z from "zod/mini";
import { parseJson } from "./http-error.ts";

/** Where to ask: `GET /v1/models`, not `/v1/status`, which makes the voice speak, and somebody may pay for that. */
export const MODELS_PATH = "/v1/models";
/** Name of the answers that the server has without a language model. */
const BUILT_IN = "built-in";
const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

/** Name of the language model in an answer of {@link MODELS_PATH}; undefined when there is none, or it cannot be read. */
export function modelNameOf(body: string): string | undefined {
  const [model] = modelsSchema.safeParse(parseJson(body)).data?.data ?? [];
  return model === undefined || model.id === BUILT_IN ? undefined : model.id;
}
