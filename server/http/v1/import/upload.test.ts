import { mkdtempDisposable, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { fillDisk, mountSmallDisk } from "#server/testing/small-disk.ts";
import { receiveFile } from "./upload.ts";

const never = new AbortController().signal;
const disk = { failed: () => {}, works: () => {} };
const LIMITS = { maxBytes: 1024, minuteMinBytes: 16, minuteMs: 60_000 };

test("[24] a file that comes too slowly is ended with the limit and the cure, one that ends in time is there", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "pipit-upload-"));
  const body = new PassThrough();
  const coming = receiveFile(body, folder.path, { ...LIMITS, minuteMs: 20 }, never, disk);
  body.write("[");
  await expect(coming).rejects.toMatchObject({
    code: "DEADLINE_EXCEEDED",
    message: expect.stringMatching(/KiB .* faster connection, or in parts/u),
  });
  expect(body.destroyed).toBe(true);
  const whole = new PassThrough();
  whole.end("[1]");
  await using file = await receiveFile(whole, folder.path, LIMITS, never, disk);
  expect(file.bytes).toBe(3);
  expect(await readdir(folder.path)).toEqual([]);
});

test("[24] a disk that is full is said to be one, and is as empty as before", async ({ skip }) => {
  const folder = await mountSmallDisk(256 * 1024);
  if (folder === undefined) return skip("only root may mount a small disk");
  const filler = join(folder, "filler");
  await fillDisk(filler);
  const limits = { ...LIMITS, maxBytes: 1024 * 1024 };
  const body = () => {
    const stream = new PassThrough();
    stream.end(Buffer.alloc(64 * 1024));
    return stream;
  };
  await expect(receiveFile(body(), folder, limits, never, disk)).rejects.toMatchObject({
    code: "STORAGE_FULL",
    message: expect.not.stringContaining(folder),
  });
  expect(await readdir(folder)).toEqual(["filler"]);
  await rm(filler);
  await using file = await receiveFile(body(), folder, limits, never, disk);
  expect(file.bytes).toBe(64 * 1024);
});
