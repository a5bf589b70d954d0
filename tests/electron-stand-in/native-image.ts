import { existsSync, readFileSync } from "node:fs";
import { crc32, deflateSync } from "node:zlib";
import { checkOptions, NotInStandInError, strict, StrictObject } from "./strict.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}
interface Area extends Size {
  readonly x: number;
  readonly y: number;
}
/** Decoded: four bytes, RGBA, for each point. */
interface Pixels extends Size {
  readonly rgba: Buffer;
}

/** Width and height of a PNG, from its header. */
function sizeOfPng(bytes: Buffer): Size {
  if (bytes.length < 24 || bytes.readUInt32BE(0) !== 0x89504e47) return { width: 0, height: 0 };
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** Electron's `NativeImage`: the bytes of a picture file, which nothing decodes, or the pixels of one made here. */
export class NativeImage extends StrictObject {
  readonly #bytes: Buffer;
  readonly #pixels: Pixels | undefined;
  readonly #representations: object[] = [];
  #template = false;

  constructor(bytes: Buffer, pixels?: Pixels) {
    super("NativeImage");
    this.#bytes = bytes;
    this.#pixels = pixels;
  }
  isEmpty(): boolean {
    return this.#bytes.length === 0 && this.#representations.length === 0;
  }
  getSize(): Size {
    return sizeOfPng(this.#bytes);
  }
  getAspectRatio(): number {
    const { width, height } = this.getSize();
    return height === 0 ? 0 : width / height;
  }
  /** There is no encoder here: the same picture as a PNG, which every reader knows by its first bytes. */
  toJPEG(_quality: number): Buffer {
    return this.#bytes;
  }
  toPNG(): Buffer {
    return this.#bytes;
  }
  toDataURL(): string {
    return `data:image/png;base64,${this.#bytes.toString("base64")}`;
  }
  crop({ x, y, width, height }: Area): NativeImage {
    const from = this.#decoded();
    return drawn({ width, height }, (column, row) => at(from, x + column, y + row));
  }
  resize(wanted: {
    readonly width?: number;
    readonly height?: number;
    readonly quality?: string;
  }): NativeImage {
    const from = this.#decoded();
    const { width = Math.round(((wanted.height ?? from.height) * from.width) / from.height) } = wanted;
    const { height = Math.round((width * from.height) / from.width) } = wanted;
    return drawn({ width, height }, (column, row) =>
      at(from, Math.floor((column * from.width) / width), Math.floor((row * from.height) / height)),
    );
  }
  addRepresentation(representation: object): void {
    checkOptions("addRepresentation", representation, [
      "scaleFactor",
      "width",
      "height",
      "buffer",
      "dataURL",
    ]);
    this.#representations.push(representation);
  }
  setTemplateImage(template: boolean): void {
    this.#template = template;
  }
  isTemplateImage(): boolean {
    return this.#template;
  }
  get isMacTemplateImage(): boolean {
    return this.#template;
  }
  set isMacTemplateImage(template: boolean) {
    this.#template = template;
  }
  #decoded(): Pixels {
    if (this.#pixels === undefined) throw new NotInStandInError("the pixels of a picture that was read");
    return this.#pixels;
  }
}

function at({ width, rgba }: Pixels, x: number, y: number): Buffer {
  const start = (y * width + x) * 4;
  return rgba.subarray(start, start + 4);
}

function drawn(size: Size, point: (x: number, y: number) => Buffer): NativeImage {
  const { width, height } = size;
  const rgba = Buffer.alloc(width * height * 4);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) rgba.set(point(x, y), (y * width + x) * 4);
  return new NativeImage(encodePng({ width, height, rgba }), { width, height, rgba });
}

/** A picture of one colour. */
export function bitmap(width: number, height: number, colour: readonly number[]): NativeImage {
  const rgba = Buffer.alloc(width * height * 4, Buffer.from(colour));
  return new NativeImage(encodePng({ width, height, rgba }), { width, height, rgba });
}

function encodePng({ width, height, rgba }: Pixels): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits per channel, RGBA.
  header.set([8, 6, 0, 0, 0], 8);
  const lines = Buffer.alloc(height * (width * 4 + 1));
  for (let y = 0; y < height; y += 1)
    rgba.copy(lines, y * (width * 4 + 1) + 1, y * width * 4, (y + 1) * width * 4);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const body = deflateSync(lines, { level: 1 });
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", body),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([frame.subarray(0, 4), named, frame.subarray(4)]);
}

export const nativeImage = strict(
  {
    createEmpty: () => new NativeImage(Buffer.alloc(0)),
    createFromBuffer: (bytes: Buffer) => new NativeImage(bytes),
    createFromPath: (path: string) =>
      new NativeImage(existsSync(path) ? readFileSync(path) : Buffer.alloc(0)),
    createFromDataURL: (url: string) => new NativeImage(Buffer.from(url.split(",")[1] ?? "", "base64")),
  },
  "nativeImage",
);
