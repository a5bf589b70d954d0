import type { Logger } from "#contract/logger.ts";
import { MODEL_CONNECTION_SEAL, savedModelReader } from "#server/domain/assistant/model-connection.ts";
import { createModelSource } from "#server/domain/assistant/model-source.ts";
import { defaultModelLimits } from "#server/domain/assistant/models/model-limits.ts";
import { createOllamaWatch } from "#server/domain/assistant/models/ollama.ts";
import type { KeyRing } from "#server/domain/master-key/key-ring.ts";
import { sealerFor } from "#server/domain/master-key/master-key.ts";
import { createSpeechService } from "#server/domain/speech/speech-service.ts";
import type { DatabaseHandle } from "../store/open-database.ts";
import { createModelConnectionStore } from "../store/sql/model-connection-store.ts";
import { fail, ok, warn, type DoctorContext, type Finding } from "./check.ts";

/** The model that this server would ask, by its settings or by what an admin connected in the window. */
export async function lookAtModel(
  { config, messages, clock }: DoctorContext,
  opened: { readonly database: DatabaseHandle | undefined; readonly ring: KeyRing | undefined },
  logger: Logger,
  signal: AbortSignal,
): Promise<Finding> {
  const { database, ring } = opened;
  const ollama = createOllamaWatch({ url: config.model.ollamaUrl, clock, limits: defaultModelLimits });
  const saved =
    database === undefined || ring === undefined
      ? undefined
      : savedModelReader(
          createModelConnectionStore(database.db),
          sealerFor(ring, MODEL_CONNECTION_SEAL),
          logger,
        );
  const source = createModelSource({ config: config.model, ...(saved && { saved }), ollama, clock, logger });
  const { kind, works, detail } = await source.status(signal);
  if (!works) return fail(detail, messages.modelCure);
  return kind === "built-in" ? warn(messages.builtIn, messages.builtInCure) : ok(detail);
}

export async function lookAtSpeech(
  { config, messages }: DoctorContext,
  logger: Logger,
  signal: AbortSignal,
): Promise<Finding> {
  await using speech = createSpeechService({ config: config.speech, logger });
  const { providers, detail } = await speech.status(signal);
  const names = Object.entries(providers).map(([language, provider]) => `${language}: ${provider}`);
  if ("en" in providers && "ru" in providers && isSpokenAsSet(config.speech.url, providers))
    return ok(names.join(", "));
  return warn(messages.fewVoices(detail), messages.fewVoicesCure);
}

/** Where a speech server is set and does not work, others speak in its place. */
function isSpokenAsSet(url: string | undefined, providers: Readonly<Record<string, string>>): boolean {
  return url === undefined || Object.values(providers).includes("openai");
}
