import { existsSync, readFileSync } from "node:fs";
import { checkOptions, strict, StrictObject } from "./strict.ts";

/** Width and height of a PNG, from its header. */
function sizeOfPng(bytes: Buffer): { readonly width: number; readonly height: number } {
  if (bytes.length < 24 || bytes.readUInt32BE(0) !== 0x89504e47) return { width: 0, height: 0 };
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** Electron's `NativeImage`: the bytes of a picture file; nothing is decoded. */
export class NativeImage extends StrictObject {
  readonly #bytes: Buffer;
  readonly #representations: object[] = [];
  #template = false;

  constructor(bytes: Buffer) {
    super("NativeImage");
    this.#bytes = bytes;
  }
  isEmpty(): boolean {
    return this.#bytes.length === 0 && this.#representations.length === 0;
  }
  getSize(): { readonly width: number; readonly height: number } {
    return sizeOfPng(this.#bytes);
  }
  toPNG(): Buffer {
    return this.#bytes;
  }
  toDataURL(): string {
    return `data:image/png;base64,${this.#bytes.toString("base64")}`;
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
