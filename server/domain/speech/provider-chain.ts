import type { Logger } from "#contract/logger.ts";
import { createOutage } from "../outage.ts";
import type { WorkMetrics } from "../work-metrics.ts";
import { fallbackNotice, noVoiceNotice, voiceFailedNotice, type SpeechNotice } from "./notices.ts";
import type { ResamplerFactory } from "./pcm/resampler.ts";
import { wirePcm } from "./pcm/wire-pcm.ts";
import type { SpeechPart, SynthesisRequest } from "./ports.ts";
import type { OwnedSpeechProvider } from "./providers/provider.ts";
import { SpeechError, type SpeechFailure } from "./providers/speech-error.ts";

/** One provider in the chain and how long it is left alone after a failure, so that not every sentence waits for it. */
export interface ChainLink {
  readonly provider: OwnedSpeechProvider;
  readonly restAfterFailureMs: number;
}

export type ProviderChain = ReturnType<typeof createProviderChain>;

interface Failed {
  readonly name: string;
  readonly failure: SpeechFailure;
}

/**
 * @param monotonicMs a clock that never jumps, for the rest after a failure
 * @param onSpoken told of every sentence that a provider was asked for
 */
export function createProviderChain(
  links: readonly ChainLink[],
  resamplers: ResamplerFactory,
  logger: Logger,
  monotonicMs: () => number,
  onSpoken: WorkMetrics["sentenceSpoken"] = () => undefined,
) {
  const events = { lost: "speech.provider_failed", back: "speech.provider_back" };
  const outages = new Map(
    links.map((link) => [link, createOutage(logger, events, { provider: link.provider.name })]),
  );
  const resting = new Map<ChainLink, { readonly untilMs: number; readonly failure: SpeechFailure }>();

  function restOf(link: ChainLink): SpeechFailure | undefined {
    const rest = resting.get(link);
    if (rest === undefined || rest.untilMs > monotonicMs()) return rest?.failure;
    resting.delete(link);
    return undefined;
  }

  function noteFailure(link: ChainLink, reason: unknown): Failed {
    const { name } = link.provider;
    const { failure, message } = SpeechError.from(reason);
    outages.get(link)?.failed(failure, { failure, detail: message });
    if (link.restAfterFailureMs > 0) {
      resting.set(link, { untilMs: monotonicMs() + link.restAfterFailureMs, failure });
    }
    return { name, failure };
  }

  return {
    /** Gets the provider ready that will most likely be asked; never throws. */
    async warm(language: string, signal: AbortSignal): Promise<void> {
      for (const link of links) {
        if (restOf(link) !== undefined || !(await supports(link.provider, language, signal))) continue;
        link.provider.warm?.(language);
        return;
      }
    },
    /**
     * Speaks one sentence with the first provider that can. Only the abort's reason is thrown; when all fail it ends
     * with a notice. Notices may repeat from sentence to sentence.
     */
    async *speak(
      request: SynthesisRequest,
      locale: string,
      signal: AbortSignal,
    ): AsyncGenerator<SpeechPart, void> {
      let failed: Failed | undefined;
      for (const link of links) {
        const { provider } = link;
        if (!(await supports(provider, request.language, signal))) continue;
        const rest = restOf(link);
        if (rest !== undefined) {
          failed ??= { name: provider.name, failure: rest };
          continue;
        }
        if (failed !== undefined) yield fallbackNotice(failed.name, failed.failure, provider.name, locale);
        const startedMs = monotonicMs();
        let outcome = "stopped";
        try {
          yield* attempt(link, resamplers, request, signal);
          outcome = "spoken";
          outages.get(link)?.works();
          return;
        } catch (reason) {
          signal.throwIfAborted();
          failed = noteFailure(link, reason);
          outcome = failed.failure;
        } finally {
          onSpoken(provider.name, outcome, monotonicMs() - startedMs);
        }
      }
      yield failed === undefined ? noVoiceNotice(request.language, locale) : voiceFailedNotice(locale);
    },
  };
}

/** Yields the sentence; throws when this provider could not speak all of it. */
async function* attempt(
  link: ChainLink,
  resamplers: ResamplerFactory,
  request: SynthesisRequest,
  signal: AbortSignal,
): AsyncGenerator<SpeechPart, void> {
  let sounded = false;
  for await (const pcm of wirePcm(link.provider.synthesize(request, signal), resamplers)) {
    sounded = true;
    yield { type: "audio", pcm };
  }
  if (!sounded) throw new SpeechError("silent", "The voice gave no sound.");
}

async function supports(
  provider: OwnedSpeechProvider,
  language: string,
  signal: AbortSignal,
): Promise<boolean> {
  signal.throwIfAborted();
  try {
    return await provider.supports(language, signal);
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

/** Lets each code of notice through once. */
export function createNoticeFilter(): (notice: SpeechNotice) => boolean {
  const said = new Set<string>();
  return ({ code }) => !said.has(code) && said.add(code).size > 0;
}
