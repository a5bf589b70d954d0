import { NOT_AN_ANSWER } from "./answer-normaliser.ts";

/** The longest list of models that is known, of a gateway to all of them, takes a megabyte. */
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * The body of an answer of `fetch`, as text.
 *
 * @throws an error with the code {@link NOT_AN_ANSWER} when it does not end within 8 MiB; no more of it is read
 */
export async function readBody(response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop cancels the body, which closes the connection.
  for await (const piece of response.body ?? []) {
    size += piece.length;
    if (size > MAX_BYTES)
      throw Object.assign(new Error("it answered with more than 8 MiB"), { code: NOT_AN_ANSWER });
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}
