import type { Logger } from "#contract/logger.ts";
import { primaryLanguage } from "#contract/spoken/language.ts";
import type { Sentence } from "#contract/spoken/spoken-answer.ts";
import type { WorkMetrics } from "../work-metrics.ts";
import { createResamplerFactory } from "./pcm/resampler.ts";
import type { SpeakOptions, SpeechPart, SpeechService, SpeechStatus } from "./ports.ts";
import {
  createNoticeFilter,
  createProviderChain,
  type ChainLink,
  type ProviderChain,
} from "./provider-chain.ts";
import { createEspeakNg } from "./providers/espeak-ng.ts";
import { FliteThread } from "./providers/flite-thread.ts";
import { createFlite } from "./providers/flite.ts";
import { createOpenAiSpeech } from "./providers/openai-speech.ts";
import type { OwnedSpeechProvider } from "./providers/provider.ts";
import { createSay } from "./providers/say.ts";
import { readAhead, type ReadAhead } from "./read-ahead.ts";
import { sentencesOf } from "./sentences.ts";

/** Where speech may come from besides this machine's own voices. */
interface SpeechConfig {
  /** Base address of an OpenAI-compatible server (PIPIT_SPEECH_URL); absent = this machine's voices only. */
  readonly url?: string;
  readonly model?: string;
  readonly key?: string;
  readonly voice?: string;
}
export interface SpeechServiceDeps {
  readonly config: SpeechConfig;
  readonly logger: Logger;
  /** The providers in order of preference; default: what {@link SpeechConfig} and this platform have. Owned. */
  readonly providers?: readonly OwnedSpeechProvider[];
  readonly metrics?: Pick<WorkMetrics, "sentenceSpoken">;
}

/** A network voice that failed is not asked again for this long. */
const NETWORK_REST_MS = 30_000;
/** Audio made ahead of the listener, in pieces of 4096 bytes: 1 MiB or 11 s. */
const AHEAD_MAX_PIECES = 256;
/** Languages that `status` answers for. */
const statusLanguages = ["en", "ru"];

/**
 * The speech of answers: text tokens in, wire audio and notices out. Making it costs nothing; programs and libraries
 * are loaded when the first answer begins to be spoken.
 */
export function createSpeechService(deps: SpeechServiceDeps): SpeechService {
  const providers = deps.providers ?? defaultProviders(deps.config);
  const links = providers.map(toLink);
  const chain = createProviderChain(
    links,
    createResamplerFactory(),
    deps.logger,
    () => performance.now(),
    deps.metrics?.sentenceSpoken,
  );
  const stop = new AbortController();
  const running = new Set<Promise<void>>();

  return {
    speak(text, options, signal) {
      return speak({ chain, running, text, options, signal: AbortSignal.any([signal, stop.signal]) });
    },
    status: (signal) => statusOf(providers, signal),
    async [Symbol.asyncDispose]() {
      stop.abort(new DOMException("The server stops.", "AbortError"));
      // Not the listeners: one that has stopped reading must not hold up the end.
      await Promise.all(running);
      await Promise.all(providers.map((provider) => provider[Symbol.asyncDispose]()));
    },
  };
}

function defaultProviders(config: SpeechConfig): readonly OwnedSpeechProvider[] {
  const { url, ...rest } = config;
  const network = url === undefined || url === "" ? [] : [createOpenAiSpeech({ url, ...rest })];
  const system = process.platform === "darwin" ? [createSay(), createEspeakNg()] : [createEspeakNg()];
  return [...network, ...system, createFlite(new FliteThread())];
}

function toLink(provider: OwnedSpeechProvider): ChainLink {
  return { provider, restAfterFailureMs: provider.name === "openai" ? NETWORK_REST_MS : 0 };
}

interface Speaking {
  readonly chain: ProviderChain;
  /** Sentences whose synthesis has not stopped yet, of all listeners. */
  readonly running: Set<Promise<void>>;
  readonly text: AsyncIterable<string>;
  readonly options: SpeakOptions;
  readonly signal: AbortSignal;
}

async function* speak({ chain, running, text, options, signal }: Speaking): AsyncGenerator<SpeechPart, void> {
  signal.throwIfAborted();
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  void chain.warm(primaryLanguage(options.locale), either).catch(() => undefined);
  const sentences = sentencesOf(text, options.locale, either);
  const isNew = createNoticeFilter();

  const start = async (): Promise<ReadAhead<SpeechPart> | undefined> => {
    const sentence = await sentences.next();
    if (sentence.done === true) return undefined;
    const request = requestFor(sentence.value, options);
    const ahead = readAhead((inner) => chain.speak(request, options.locale, inner), AHEAD_MAX_PIECES, either);
    running.add(ahead.finished);
    void ahead.finished.then(() => running.delete(ahead.finished));
    return ahead;
  };

  let next = started(start());
  try {
    for (;;) {
      const current = await next;
      if (current === undefined) return;
      next = started(start());
      for await (const part of current) {
        if (part.type === "audio" || isNew(part)) yield part;
      }
    }
  } finally {
    stop.abort(new DOMException("Speaking was stopped.", "AbortError"));
    await (await next.catch(() => undefined))?.[Symbol.asyncDispose]();
    await sentences.return();
  }
}

/** Marks a promise as looked after: its error is seen when the listener gets there, not before. */
function started<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

function requestFor(sentence: Sentence, options: SpeakOptions) {
  return { ...sentence, ...(options.voice === undefined ? {} : { voice: options.voice }) };
}

async function statusOf(
  providers: readonly OwnedSpeechProvider[],
  signal: AbortSignal,
): Promise<SpeechStatus> {
  const checks = await Promise.all(
    providers.map(async (provider) => ({ provider, ...(await provider.check(signal)) })),
  );
  signal.throwIfAborted();
  const working = checks.filter((check) => check.works).map((check) => check.provider);
  const found: Record<string, string> = {};
  for (const language of statusLanguages) {
    for (const provider of working) {
      if (found[language] === undefined && (await provider.supports(language, signal)))
        found[language] = provider.name;
    }
  }
  return { providers: found, detail: checks.map((check) => check.detail).join("; ") };
}
