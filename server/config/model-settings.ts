import { z } from "zod";
import { httpUrl, text, toggle } from "./setting-kinds.ts";
import type { Settings } from "./setting.ts";

const DEFAULT_OLLAMA_PORT = 11_434;
/** Base of an API, below which paths are put: a name and password, a query or a fragment would fail with each request. */
const apiUrl = httpUrl.refine((value) => {
  const { username, password, search, hash } = new URL(value);
  return `${username}${password}${search}${hash}` === "" && !/[?#]$/.test(value);
});
const key = {
  schema: text,
  wants: "a key of 1 to 4096 characters",
  secret: true,
  otherwise: "none",
} as const;
const modelName = { schema: text, wants: "the name of a model, 1 to 4096 characters" };

/** What answers. */
export const modelSettings = {
  url: {
    env: "PIPIT_MODEL_URL",
    file: "model.url",
    schema: apiUrl,
    wants: apiWants("http://127.0.0.1:8080/v1", "PIPIT_MODEL_KEY"),
    otherwise: "none",
    about: "an OpenAI-compatible endpoint for answers",
  },
  model: {
    ...modelName,
    env: "PIPIT_MODEL",
    file: "model.name",
    otherwise: "the first one listed",
    about: "the model that answers",
  },
  key: { ...key, env: "PIPIT_MODEL_KEY", file: "model.key", about: "the key of that endpoint" },
  timeoutSeconds: {
    env: "PIPIT_MODEL_TIMEOUT",
    file: "model.timeout",
    schema: z.coerce.number().int().min(1).max(86_400),
    wants: "a number of seconds from 1 to 86400",
    otherwise: "300",
    about: "seconds without a byte from the model server, after which it is given up",
  },
  ollamaUrl: {
    env: "OLLAMA_HOST",
    file: "model.ollama_host",
    schema: text.transform(ollamaUrl).pipe(httpUrl),
    wants: "HOST:PORT or an http:// address",
    initial: `127.0.0.1:${DEFAULT_OLLAMA_PORT}`,
    about: "where Ollama is looked for when no endpoint is set",
  },
} as const satisfies Settings;

/** What the model is asked beside the answers, one short call in all. */
export const asideSettings = {
  titles: {
    ...toggle,
    initial: "1",
    env: "PIPIT_TITLES",
    file: "model.titles",
    about: "`0` leaves a chat the first words of its first question as its title",
  },
  memories: {
    ...toggle,
    initial: "1",
    env: "PIPIT_MEMORIES",
    file: "model.memories",
    about:
      "`0` looks for nothing to remember in what people say; what they have added themselves is told all the same",
  },
} as const satisfies Settings;

/** What speaks. */
export const speechSettings = {
  url: {
    env: "PIPIT_SPEECH_URL",
    file: "speech.url",
    schema: apiUrl,
    wants: apiWants("http://127.0.0.1:8880/v1", "PIPIT_SPEECH_KEY"),
    otherwise: "none",
    about: "an OpenAI-compatible `/audio/speech`",
  },
  model: {
    ...modelName,
    env: "PIPIT_SPEECH_MODEL",
    file: "speech.model",
    otherwise: "`tts-1`",
    about: "the model of that endpoint",
  },
  key: { ...key, env: "PIPIT_SPEECH_KEY", file: "speech.key", about: "the key of that endpoint" },
  voice: {
    env: "PIPIT_SPEECH_VOICE",
    file: "speech.voice",
    schema: text,
    wants: "the name of a voice, 1 to 4096 characters",
    otherwise: "`alloy`",
    about: "the voice of that endpoint",
  },
} as const satisfies Settings;

/** What turns texts into vectors, for clients of the OpenAI API and for search by meaning. */
export const embeddingsSettings = {
  url: {
    env: "PIPIT_EMBEDDINGS_URL",
    file: "embeddings.url",
    schema: apiUrl,
    wants: apiWants("http://127.0.0.1:8081/v1", "PIPIT_EMBEDDINGS_KEY"),
    otherwise: "none",
    about: "an OpenAI-compatible endpoint for `/v1/embeddings`",
  },
  model: {
    ...modelName,
    env: "PIPIT_EMBEDDINGS_MODEL",
    file: "embeddings.model",
    otherwise: "what the client names",
    about: "the model of that endpoint for who names none",
  },
  key: {
    ...key,
    env: "PIPIT_EMBEDDINGS_KEY",
    file: "embeddings.key",
    about: "the key of that endpoint",
  },
} as const satisfies Settings;

/** Search by meaning, with the vectors of {@link embeddingsSettings}. */
export const semanticSettings = {
  isOn: {
    ...toggle,
    env: "PIPIT_SEMANTIC_SEARCH",
    file: "semantic.search",
    about:
      "searches find what means the like, too: every question and answer is sent to `PIPIT_EMBEDDINGS_URL`, with `PIPIT_EMBEDDINGS_MODEL`",
  },
  least: {
    env: "PIPIT_SEMANTIC_LEAST",
    file: "semantic.least",
    schema: z.coerce.number().min(0).max(1),
    wants: "a number from 0 to 1",
    initial: "0.35",
    about: "how alike (cosine) a turn must be to be found by its meaning; models differ in what is much",
  },
} as const satisfies Settings;

/** What turns speech into text, for clients of the OpenAI API. */
export const transcriptionSettings = {
  url: {
    env: "PIPIT_TRANSCRIPTION_URL",
    file: "transcription.url",
    schema: apiUrl,
    wants: apiWants("http://127.0.0.1:8082/v1", "PIPIT_TRANSCRIPTION_KEY"),
    otherwise: "none",
    about: "an OpenAI-compatible endpoint for `/v1/audio/transcriptions`",
  },
  key: {
    ...key,
    env: "PIPIT_TRANSCRIPTION_KEY",
    file: "transcription.key",
    about: "the key of that endpoint",
  },
} as const satisfies Settings;

function apiWants(example: string, keyName: string): string {
  return `an http:// or https:// address without a name, password or query, e.g. ${example} (a key goes into ${keyName})`;
}

/** OLLAMA_HOST as Ollama itself reads it: scheme and port may be missing; a wildcard is reached on loopback. */
function ollamaUrl(value: string): string {
  const withScheme = /^https?:\/\//.test(value) ? value : `http://${value}`;
  const url = URL.parse(withScheme);
  if (url === null) return value;
  if (url.hostname === "0.0.0.0" || url.hostname === "[::]") url.hostname = "127.0.0.1";
  if (url.port === "" && !/:(80|443)(\/|$)/.test(value) && withScheme !== value)
    url.port = String(DEFAULT_OLLAMA_PORT);
  return url.toString();
}
