import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { LoopTurns } from "#server/domain/loop-turns.ts";

/**
 * Answers with a file to be saved, which is read as it is sent, and no longer than the client takes it. If it cannot go on,
 * the connection breaks.
 *
 * @param name without control characters or lone surrogates
 */
export function sendFile(
  reply: FastifyReply,
  file: { readonly name: string; readonly type: string },
  pieces: AsyncIterable<string>,
): Readable {
  reply
    .header("content-type", `${file.type}; charset=utf-8`)
    .header("content-disposition", attachment(file.name))
    .header("cache-control", "no-store");
  return Readable.from(inTurns(pieces));
}

/** To read SQLite is to wait for nothing, and so, as long as the client takes it all, is to send what was read: nobody else would be served. */
async function* inTurns(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  const turns = new LoopTurns();
  for await (const piece of pieces) {
    yield piece;
    await turns.give();
  }
}

/** RFC 6266, Appendix D: a name for every client, and the one with the letters that ASCII has not (RFC 8187 §3.2.1). */
function attachment(name: string): string {
  const plain = name.replaceAll(/[^\w.@-]/g, "_");
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*]/gu,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"${plain === name ? "" : `; filename*=UTF-8''${encoded}`}`;
}

/** An object of JSON that goes on. */
export function opened(object: object): string {
  return JSON.stringify(object).slice(0, -1);
}

/** A list of JSON, of what `write` makes of each item. */
export async function* listed<Item>(
  items: AsyncIterable<Item>,
  write: (item: Item) => AsyncIterable<string>,
): AsyncGenerator<string> {
  yield "[";
  let isFirst = true;
  for await (const item of items) {
    if (!isFirst) yield ",\n";
    isFirst = false;
    yield* write(item);
  }
  yield "]";
}

/** So many items are in memory at once, for each client that downloads. */
export const PAGE = 20;

/** All items of a list that is read in pages of {@link PAGE}. */
export async function* paged<Item>(
  next: (last: Item | undefined) => Promise<readonly Item[]>,
): AsyncGenerator<Item> {
  let last: Item | undefined;
  for (;;) {
    const page = await next(last);
    yield* page;
    if (page.length < PAGE) return;
    last = page.at(-1);
  }
}
