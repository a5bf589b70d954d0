import { describe, expect, test, vi } from "vitest";
import { IMAGE_MAX_SIDE_PX, SCREENSHOT_MAX_BYTES } from "#contract/limits.ts";
import { readPictureHeader } from "./image-header.ts";
import { fileMaxBytes, mayPass, prepareImage } from "./prepare-image.ts";

const image = { bytes: new Uint8Array([1]), widthPx: 2, heightPx: 3 };
const scale = async () => image;
const { signal } = new AbortController();

function png(widthPx: number, heightPx: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(32);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const view = new DataView(bytes.buffer);
  view.setUint32(16, widthPx);
  view.setUint32(20, heightPx);
  return bytes;
}

const text = (value: string) => new Blob([value]);

describe("a file for a message", () => {
  test("is known by its bytes", async () => {
    expect(await prepareImage(new Blob([png(10, 20)]), scale, signal)).toEqual({ ok: true, image });
  });

  test.each([
    ["GIF89a.....", "GIF"],
    ["%PDF-1.7 ...", "PDF"],
    ["\0\0\0\u0018ftypheic", "HEIC"],
    ["hello, world", undefined],
    ["", undefined],
  ])("is refused by name when it is something else: %j", async (content, type) => {
    const prepared = await prepareImage(text(content), scale, signal);
    expect(prepared).toEqual({ ok: false, refusal: { kind: "wrong-type", type } });
  });

  test("is refused unopened over 64 MB", async () => {
    const file = new Blob([png(10, 10), new Uint8Array(fileMaxBytes)]);
    const never = vi.fn(scale);
    const prepared = await prepareImage(file, never, signal);
    expect(prepared).toEqual({ ok: false, refusal: { kind: "too-heavy", sizeBytes: file.size } });
    expect(never).not.toHaveBeenCalled();
  });

  test("is refused undecoded when a small file claims very many pixels", async () => {
    const prepared = await prepareImage(new Blob([png(60_000, 60_000)]), scale, signal);
    expect(prepared).toMatchObject({ refusal: { kind: "too-many-pixels", widthPx: 60_000 } });
  });

  test("is refused when it cannot be decoded", async () => {
    const broken = async () => Promise.reject(new Error("broken"));
    const prepared = await prepareImage(new Blob([png(10, 10)]), broken, signal);
    expect(prepared).toEqual({ ok: false, refusal: { kind: "unreadable" } });
  });

  test("is no refusal when the person called it off", async () => {
    const stop = new AbortController();
    const late = async () => {
      stop.abort();
      throw new Error("stopped");
    };
    await expect(prepareImage(new Blob([png(10, 10)]), late, stop.signal)).rejects.toThrow("aborted");
  });

  test("F16 a folder, or a file that has gone since, is refused as unreadable", async () => {
    const unreadable = new Blob();
    unreadable.slice = () =>
      Object.assign(new Blob(), { arrayBuffer: () => Promise.reject(new DOMException("", "NotFoundError")) });
    expect(await prepareImage(unreadable, scale, signal)).toEqual({
      ok: false,
      refusal: { kind: "unreadable" },
    });
  });
});

describe("sizes", () => {
  test("within both limits need no encoding", () => {
    expect(mayPass(SCREENSHOT_MAX_BYTES, IMAGE_MAX_SIDE_PX, 10)).toBe(true);
    expect(mayPass(SCREENSHOT_MAX_BYTES + 1, 10, 10)).toBe(false);
    expect(mayPass(10, 10, IMAGE_MAX_SIDE_PX + 1)).toBe(false);
  });
});

describe("headers", () => {
  test("of PNG, JPEG and WebP hold the size", () => {
    expect(readPictureHeader(png(300, 200))).toEqual({ type: "png", size: { widthPx: 300, heightPx: 200 } });
    const jpeg = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc2, 0, 17, 8, 0x01, 0x00, 0x02, 0x00, 3, 0, 0];
    expect(readPictureHeader(new Uint8Array(jpeg))).toEqual({
      type: "jpeg",
      size: { widthPx: 512, heightPx: 256 },
    });
    const webp = new Uint8Array(30);
    webp.set(new TextEncoder().encode("RIFF....WEBPVP8X"));
    webp.set([99, 0, 0, 49, 1, 0], 24);
    expect(readPictureHeader(webp)).toEqual({ type: "webp", size: { widthPx: 100, heightPx: 306 } });
  });

  test("cut short name the type without the size", () => {
    expect(readPictureHeader(png(1, 1).subarray(0, 12))).toEqual({ type: "png" });
    expect(readPictureHeader(new Uint8Array([0xff, 0xd8, 0xff]))).toEqual({ type: "jpeg" });
  });
});
