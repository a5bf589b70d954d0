import { createHash } from "node:crypto";
import { extname } from "node:path";
import { compress, type Encoding } from "./content-encoding.ts";

/** What a build may hold, and whether it gains by compression. Anything else, e.g. a source map, is not served. */
const types: Readonly<Record<string, { readonly contentType: string; readonly compressible: boolean }>> = {
  ".html": { contentType: "text/html; charset=utf-8", compressible: true },
  ".js": { contentType: "text/javascript; charset=utf-8", compressible: true },
  ".css": { contentType: "text/css; charset=utf-8", compressible: true },
  ".svg": { contentType: "image/svg+xml", compressible: true },
  ".json": { contentType: "application/json; charset=utf-8", compressible: true },
  ".webmanifest": { contentType: "application/manifest+json; charset=utf-8", compressible: true },
  ".wasm": { contentType: "application/wasm", compressible: true },
  ".ttf": { contentType: "font/ttf", compressible: true },
  ".png": { contentType: "image/png", compressible: false },
  ".webp": { contentType: "image/webp", compressible: false },
  ".ico": { contentType: "image/x-icon", compressible: false },
  ".woff": { contentType: "font/woff", compressible: false },
  ".woff2": { contentType: "font/woff2", compressible: false },
};
/** Below it, the header costs what compression saves; a build that compressed a smaller file knows better. */
const MIN_COMPRESSED_BYTES = 1024;

/** True for a kind of file that the page may ask for. */
export function isServedType(name: string): boolean {
  return Object.hasOwn(types, extname(name));
}

/** One form in which a file is sent. */
interface WebFileForm {
  readonly body: Buffer;
  /** Strong, so each form has its own (RFC 9110 §8.8.3.3). */
  readonly etag: string;
  readonly encoding: Encoding | undefined;
}

/** A file of the page, in memory. */
export type WebFile = ReturnType<typeof createWebFile>;

/**
 * @param name whose extension is known ({@link isServedType})
 * @param compressed what the build has compressed already
 */
export function createWebFile(
  name: string,
  body: Buffer,
  compressed: ReadonlyMap<Encoding, Buffer> = new Map(),
) {
  const { contentType, compressible } = types[extname(name)] ?? {
    contentType: "application/octet-stream",
    compressible: false,
  };
  const digest = createHash("sha256").update(body).digest("base64url").slice(0, 22);
  const plain: WebFileForm = { body, etag: `"${digest}"`, encoding: undefined };
  const varies = compressible && (compressed.size > 0 || body.byteLength >= MIN_COMPRESSED_BYTES);
  const forms = new Map<Encoding, Promise<WebFileForm>>();
  const make = async (encoding: Encoding): Promise<WebFileForm> => {
    const smaller = compressed.get(encoding) ?? (await compress(body, encoding));
    if (smaller.byteLength >= body.byteLength) return plain;
    return { body: smaller, etag: `"${digest}-${encoding}"`, encoding };
  };
  return {
    contentType,
    /** True when the form depends on what the client accepts. */
    varies,
    /** The form for a client that takes these encodings, best first; made at its first use, then kept. */
    form(accepted: readonly Encoding[]): Promise<WebFileForm> {
      const [encoding] = accepted;
      if (!varies || encoding === undefined) return Promise.resolve(plain);
      let form = forms.get(encoding);
      if (form === undefined) {
        form = make(encoding);
        forms.set(encoding, form);
      }
      return form;
    },
  };
}
