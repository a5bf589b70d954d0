/**
 * The same value, in which no bytes look into memory that belongs to others as well: a structured clone sends the whole
 * buffer behind a view, and Node keeps many small Buffers in one, so a receiver could read what was never meant for it.
 * Parts without such a view stay the very same objects.
 */
export function withOwnBytes(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return ownView(value);
  if (Array.isArray(value)) return sameUnlessChanged(value, value.map(withOwnBytes));
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value);
  const own = entries.map(([name, part]) => [name, withOwnBytes(part)] as const);
  return own.every(([, part], index) => part === entries[index]?.[1]) ? value : Object.fromEntries(own);
}

function ownView(view: ArrayBufferView): unknown {
  const { buffer, byteOffset, byteLength } = view;
  if (byteLength === buffer.byteLength) return view;
  const bytes = buffer.slice(byteOffset, byteOffset + byteLength);
  // A Buffer arrives as a Uint8Array anyway.
  return view instanceof Uint8Array ? new Uint8Array(bytes) : Reflect.construct(view.constructor, [bytes]);
}

function sameUnlessChanged(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  return after.every((part, index) => part === before[index]) ? before : after;
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
