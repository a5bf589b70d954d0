import { PipitError } from "#contract/pipit-error.ts";
import { endpointUrl, type ModelEndpoint } from "./model-endpoint.ts";
import { toModelError } from "./model-errors.ts";

/**
 * Names that `GET <base>/models` lists. Throws the same PipitErrors as an answer would: MODEL_UNREACHABLE,
 * MODEL_KEY_REFUSED, MODEL_MISSING (no such page) and so on.
 */
export async function listModels(
  endpoint: ModelEndpoint,
  timeoutMs: number,
  nowMs: () => number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(endpointUrl(endpoint.baseUrl, "/models"), {
      signal: AbortSignal.any([signal, timeout]),
      ...(endpoint.key === undefined ? {} : { headers: { authorization: `Bearer ${endpoint.key}` } }),
    });
    const body = await response.text();
    if (response.ok) return namesIn(JSON.parse(body));
    const responseHeaders = Object.fromEntries(response.headers);
    throw { statusCode: response.status, responseBody: body, responseHeaders, message: response.statusText };
  } catch (error) {
    if (signal.aborted) throw new PipitError("CANCELLED", "Cancelled.", { cause: error });
    throw toModelError(timeout.aborted ? { code: "ETIMEDOUT", message: "timeout" } : error, {
      endpoint,
      sent: { images: false, tools: false },
      silenceMs: timeoutMs,
      nowMs: nowMs(),
    });
  }
}

function namesIn(body: unknown): string[] {
  const data: unknown = typeof body === "object" && body !== null && "data" in body ? body.data : undefined;
  if (!Array.isArray(data)) return [];
  return data.flatMap((model: unknown) =>
    typeof model === "object" && model !== null && "id" in model && typeof model.id === "string"
      ? [model.id]
      : [],
  );
}
