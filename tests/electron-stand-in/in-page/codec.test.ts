import { describe, expect, test } from "vitest";
import { createCodec } from "./codec.ts";

const codec = createCodec();
const copy = (value: unknown): unknown => codec.unpack(codec.pack(value));

describe("codec", () => {
  test.each([
    ["text with quotes and line separators", 'a"\\\u2028\n'],
    ["numbers that JSON lacks", [NaN, Infinity, -Infinity, -0, 2n ** 80n]],
    ["undefined in its places", { a: undefined, b: [undefined, null] }],
    ["dates, expressions, maps and sets", [new Date(3), /x+/giu, new Map([[{ k: 1 }, new Set([1])]])]],
    ["views of every kind", [new Uint8Array([0, 255]), new Float64Array([0.1]), new Uint16Array([1, 2])]],
    ["keys that look like tags", { $: "u", i: 0, v: "x", ["__proto__x"]: 1 }],
  ])("copies %s", (_, value) => {
    expect(copy(value)).toEqual(structuredClone(value));
  });

  test("keeps cycles and shared objects", () => {
    const cyclic: { self?: unknown; list: unknown[] } = { list: [] };
    cyclic.self = cyclic;
    cyclic.list.push(cyclic);
    const made = copy(cyclic) as typeof cyclic;
    expect(made.self).toBe(made);
    expect(made.list[0]).toBe(made);
  });

  test("copies a large view whole", () => {
    const bytes = Uint8Array.from({ length: 3_000_001 }, (_, index) => index % 251);
    expect(Buffer.from(copy(bytes) as Uint8Array).equals(bytes)).toBe(true);
  });

  test("a view brings the whole buffer behind it, once for all views of it", () => {
    const secret = new TextEncoder().encode("public secret");
    const { first, second } = copy({
      first: secret.subarray(0, 6),
      second: new DataView(secret.buffer, 7, 6),
    }) as { first: Uint8Array; second: DataView };
    expect(new TextDecoder().decode(first)).toBe("public");
    expect(new TextDecoder().decode(first.buffer)).toBe("public secret");
    expect(second.buffer).toBe(first.buffer);
    expect([second.byteOffset, second.byteLength]).toEqual([7, 6]);
  });

  test("a key named __proto__ changes no prototype", () => {
    const made = copy(JSON.parse('{"__proto__": {"polluted": true}}')) as { polluted?: boolean };
    expect(made.polluted).toBeUndefined();
    expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
  });

  test.each([
    ["a function", () => 1],
    ["a symbol", Symbol("x")],
    ["a promise", Promise.resolve()],
    ["a weak map", new WeakMap()],
  ])("refuses %s in Electron's words", (_, value) => {
    expect(() => codec.pack({ value })).toThrow("An object could not be cloned.");
  });

  test("errors keep name, message and stack, and nothing else", () => {
    const error = Object.assign(new RangeError("far"), { secret: 1 });
    const made = copy(error) as RangeError;
    expect([made.name, made.message, made.stack]).toEqual(["RangeError", "far", error.stack]);
    expect(made).not.toHaveProperty("secret");
  });
});
