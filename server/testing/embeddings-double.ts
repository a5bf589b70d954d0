import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** Words that mean the like stand at one place of a vector. */
const meanings: readonly (readonly string[])[] = [
  ["car", "vehicle", "automobile", "машина", "汽车"],
  ["doctor", "physician", "врач"],
  ["soup", "broth", "суп"],
  ["rain", "drizzle", "дождь"],
];
const DIMENSIONS = 16;

/** Its answer to some texts; undefined: as a good provider. */
type Answer = (texts: readonly string[], response: ServerResponse) => void;

/** A server with the embeddings of the OpenAI API, on the loopback. */
export interface EmbeddingsDouble extends AsyncDisposable {
  readonly url: string;
  /** The texts of every request. */
  readonly asked: (readonly string[])[];
  answer: Answer | undefined;
  dimensions: number;
}

/** @param port default: any that is free */
export async function startEmbeddingsDouble(port = 0): Promise<EmbeddingsDouble> {
  const asked: (readonly string[])[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const { input } = JSON.parse(await text(request)) as { input: readonly string[] };
      asked.push(input);
      if (double.answer !== undefined) double.answer(input, response);
      // In another order: the index tells which is which.
      else
        sendVectors(
          response,
          input.map((said) => vectorOf(said, double.dimensions)).toReversed(),
          input.length,
        );
    })().catch(() => response.destroy());
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const double: EmbeddingsDouble = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    answer: undefined,
    dimensions: DIMENSIONS,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return double;
}

/** @param vectors the last text's first */
function sendVectors(response: ServerResponse, vectors: readonly (readonly number[])[], count: number): void {
  const data = vectors.map((embedding, at) => ({ object: "embedding", index: count - 1 - at, embedding }));
  response.setHeader("content-type", "application/json").end(JSON.stringify({ object: "list", data }));
}

/** Half of the numbers say what the text means, half are the same for all texts. */
export function vectorOf(said: string, dimensions: number): readonly number[] {
  const vector = Array.from({ length: dimensions }, (_, at) =>
    at < meanings.length ? -0.05 : 0.1 * (at % 2) - 0.05,
  );
  for (const [at, words] of meanings.entries())
    if (words.some((word) => said.toLowerCase().includes(word))) vector[at] = 1;
  return vector;
}
