import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { unpack } from "./unpack.ts";

test("a member behind zeros is the client's fault, however the body comes in pieces", async () => {
  const pieces = [gzipSync("{}"), Buffer.alloc(9), gzipSync("{}")];
  const unpacked = unpack(Readable.from(pieces), 1_000, new AbortController().signal);
  await expect(unpacked).rejects.toMatchObject({ status: 400, message: expect.stringContaining("gzip") });
});
