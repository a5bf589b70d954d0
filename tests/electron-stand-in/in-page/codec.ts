/** Turns values into text and back, as structured clone would copy them. */
export interface Codec {
  /** Throws "An object could not be cloned." where Electron does. `special` may give a tagged value for what cannot be cloned. */
  pack(value: unknown, special?: (value: unknown) => object | undefined): string;
  unpack(text: string, special?: (tagged: { readonly [key: string]: unknown }) => unknown): unknown;
}

/**
 * The codec of IPC messages and of the context bridge: structured clone as tagged JSON. It is self-contained, because
 * its source text also runs in the page; so no imports and no outer names.
 */
export function createCodec(): Codec {
  type Tagged = { readonly $: string; readonly i: number; readonly v: never; readonly k: string };
  const toBase64 = (bytes: Uint8Array): string => {
    const pieces: string[] = [];
    for (let at = 0; at < bytes.length; at += 0x8000) {
      pieces.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
    }
    return btoa(pieces.join(""));
  };
  const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
    Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const refuse = (): never => {
    throw new Error("An object could not be cloned.");
  };
  const typeOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

  const encodePrimitive = (value: unknown): unknown => {
    if (value === undefined) return { $: "u" };
    if (typeof value === "bigint") return { $: "n", v: String(value) };
    if (typeof value === "symbol") return refuse();
    if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))) {
      return { $: "f", v: Object.is(value, -0) ? "-0" : String(value) };
    }
    return value;
  };
  const encodeObject = (value: object, i: number, inner: (value: unknown) => unknown): unknown => {
    if (Array.isArray(value)) return { $: "a", i, v: value.map(inner) };
    if (ArrayBuffer.isView(value)) {
      // The buffer behind it goes along as a whole, with everything else that lies in it.
      const { buffer, byteOffset, byteLength } = value;
      const length = "length" in value ? value.length : byteLength;
      return { $: "t", i, k: typeOf(value), v: [inner(buffer), byteOffset, length] };
    }
    switch (typeOf(value)) {
      case "Date":
        return { $: "d", i, v: Number(value) };
      case "Map":
        return { $: "m", i, v: [...(value as Map<unknown, unknown>)].map(([a, b]) => [inner(a), inner(b)]) };
      case "Set":
        return { $: "s", i, v: [...(value as Set<unknown>)].map(inner) };
      case "RegExp":
        return { $: "x", i, v: [(value as RegExp).source, (value as RegExp).flags] };
      case "ArrayBuffer":
        return { $: "b", i, v: toBase64(new Uint8Array(value as ArrayBuffer)) };
      case "Error": {
        const { name, message, stack } = value as Error;
        return { $: "e", i, v: [name, message, stack] };
      }
      case "Object":
        return { $: "o", i, v: Object.entries(value).map(([key, item]) => [key, inner(item)]) };
      default:
        return refuse();
    }
  };
  const encode = (root: unknown, special: (value: unknown) => object | undefined): unknown => {
    const seen = new Map<object, number>();
    const inner = (value: unknown): unknown => {
      const tagged = special(value);
      if (tagged !== undefined) return tagged;
      if (typeof value === "function") return refuse();
      if (value === null || typeof value !== "object") return encodePrimitive(value);
      const known = seen.get(value);
      if (known !== undefined) return { $: "r", i: known };
      const i = seen.size;
      seen.set(value, i);
      return encodeObject(value, i, inner);
    };
    return inner(root);
  };

  type Containers = Readonly<
    Record<string, (wire: Tagged, put: <T>(made: T) => T, inner: (w: unknown) => unknown) => unknown>
  >;
  const containers: Containers = {
    a: (wire, put, inner) => {
      const made: unknown[] = put([]);
      for (const item of wire.v as unknown[]) made.push(inner(item));
      return made;
    },
    m: (wire, put, inner) => {
      const made = put(new Map<unknown, unknown>());
      for (const [a, b] of wire.v as [unknown, unknown][]) made.set(inner(a), inner(b));
      return made;
    },
    s: (wire, put, inner) => {
      const made = put(new Set<unknown>());
      for (const item of wire.v as unknown[]) made.add(inner(item));
      return made;
    },
    o: (wire, put, inner) => {
      const made: Record<string, unknown> = put({});
      for (const [key, item] of wire.v as [string, unknown][]) {
        Object.defineProperty(made, key, {
          value: inner(item),
          enumerable: true,
          writable: true,
          configurable: true,
        });
      }
      return made;
    },
    u: () => undefined,
    n: (wire) => BigInt(wire.v),
    f: (wire) => Number(wire.v),
    d: (wire, put) => put(new Date(wire.v)),
    x: (wire, put) => put(new RegExp(wire.v[0], wire.v[1])),
    b: (wire, put) => put(fromBase64(wire.v).buffer),
    t: (wire, put, inner) => {
      const [buffer, offset, length] = wire.v as [unknown, number, number];
      type Views = Readonly<Record<string, new (buffer: unknown, offset: number, length: number) => unknown>>;
      const View = (globalThis as unknown as Views)[wire.k];
      return View === undefined ? refuse() : put(new View(inner(buffer), offset, length));
    },
    e: (wire, put) => {
      const [name, message, stack] = wire.v as [string, string, string];
      const made = put(new Error(message));
      made.name = name;
      made.stack = stack;
      return made;
    },
  };
  const decode = (root: unknown, special: (tagged: Tagged) => unknown): unknown => {
    const made: unknown[] = [];
    const inner = (wire: unknown): unknown => {
      if (wire === null || typeof wire !== "object") return wire;
      const tagged = wire as Tagged;
      if (tagged.$ === "r") return made[tagged.i];
      const container = containers[tagged.$];
      if (container === undefined) return special(tagged);
      return container(
        tagged,
        (value) => {
          made[tagged.i] = value;
          return value;
        },
        inner,
      );
    };
    return inner(root);
  };

  return {
    pack: (value, special = () => undefined) => JSON.stringify(encode(value, special)),
    unpack: (text, special = () => refuse()) => decode(JSON.parse(text), special as never),
  };
}
