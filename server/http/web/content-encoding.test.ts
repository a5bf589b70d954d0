import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { acceptedEncodings, compress } from "./content-encoding.ts";

test.each([
  ["gzip, deflate, br, zstd", ["br", "gzip"]],
  ["gzip", ["gzip"]],
  ["gzip;q=1, br;q=0.5", ["gzip", "br"]],
  ["br;q=0, *", ["gzip"]],
  ["BR", ["br"]],
  ["*;q=0", []],
  ["identity", []],
  ["br;q=nonsense", []],
  ["", []],
  [undefined, []],
])("%j accepts %j", (header, encodings) => {
  expect(acceptedEncodings(header)).toEqual(encodings);
});

test("what is compressed can be read again", async () => {
  const text = Buffer.from("pipit ".repeat(1000));
  expect(brotliDecompressSync(await compress(text, "br"))).toEqual(text);
  expect(gunzipSync(await compress(text, "gzip"))).toEqual(text);
});
