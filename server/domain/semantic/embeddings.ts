import { z } from "zod";
import { PipitError } from "#contract/pipit-error.ts";
import { forward, type Provider } from "../assistant/models/forward.ts";
import type { Vector } from "./ports.ts";

/** Of what a provider answers: 64 vectors of 4096 numbers in 20 characters each, and some. */
const ANSWER_MAX_BYTES = 8 * 1024 * 1024;
const MAX_DIMENSIONS = 4096;

export interface EmbeddingsProvider extends Provider {
  readonly model: string;
}

const answerSchema = z.object({
  data: z.array(
    z.object({
      index: z.number().int().optional(),
      embedding: z.array(z.number()).min(1).max(MAX_DIMENSIONS),
    }),
  ),
});

/**
 * The vectors of some texts, in their order, all of one length.
 *
 * @throws PipitError as `forward`, and MODEL_FAILED for an answer that is not one usable vector per text
 */
export async function embed(
  provider: EmbeddingsProvider,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<readonly Vector[]> {
  const { model } = provider;
  const body = JSON.stringify({ model, input: texts, encoding_format: "float" });
  const answer = await forward(provider, { path: "/embeddings", type: "application/json", body }, signal);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of answer.body) {
    bytes += piece.byteLength;
    if (bytes > ANSWER_MAX_BYTES) throw unusable(provider, "its answer has more than 8 MiB");
    pieces.push(piece);
  }
  return vectorsIn(provider, Buffer.concat(pieces).toString("utf8"), texts.length);
}

function vectorsIn(provider: EmbeddingsProvider, json: string, count: number): readonly Vector[] {
  const { data: answer } = answerSchema.safeParse(parsed(json));
  if (answer === undefined) throw unusable(provider, "they are not lists of finite numbers");
  const vectors = answer.data
    .map(({ index, embedding }, at) => ({ index: index ?? at, embedding }))
    .toSorted((a, b) => a.index - b.index);
  if (vectors.length !== count || vectors.some(({ index }, at) => index !== at))
    throw unusable(provider, `there are ${vectors.length} for ${count} texts`);
  const length = vectors[0]?.embedding.length;
  if (vectors.some(({ embedding }) => embedding.length !== length))
    throw unusable(provider, "they are not of one length");
  if (vectors.some(({ embedding }) => embedding.every((value) => value === 0)))
    throw unusable(provider, "one has nothing but zeros");
  return vectors.map(({ embedding }) => embedding);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function unusable({ settings }: EmbeddingsProvider, why: string): PipitError {
  return new PipitError(
    "MODEL_FAILED",
    `The server behind ${settings}_URL sent vectors that cannot be used: ${why}. The operator must check ${settings}_MODEL.`,
  );
}
