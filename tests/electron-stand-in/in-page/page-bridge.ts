import type { Codec } from "./codec.ts";

/* Everything here runs in the page, from its source text: no imports of values, no outer names. */

/** A way between the two worlds of a page. */
export interface Bridge {
  /** Calls the other side's function 0..; values cross as copies, functions and promises as proxies. */
  call(functionId: number, args: readonly unknown[]): unknown;
  /** Gives a function a fixed number. */
  register(functionId: number, work: (...args: unknown[]) => unknown): void;
}

/** Joins two worlds that share only the DOM. Calls are synchronous: dispatching an event is. */
export function createBridge(codec: Codec, outgoing: string, incoming: string): Bridge {
  const functions = new Map<number, (...args: unknown[]) => unknown>();
  const numbers = new WeakMap<object, number>();
  const settlers = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  const dispatch = document.dispatchEvent.bind(document);
  const results = new Map<number, { readonly error?: unknown; readonly value?: unknown }>();
  let last = 100;
  const next = () => (last += 1);

  const encode = (value: unknown): object | undefined => {
    if (typeof value === "function") {
      const known = numbers.get(value) ?? next();
      numbers.set(value, known);
      functions.set(known, value as (...args: unknown[]) => unknown);
      return { $: "function", id: known };
    }
    if (Object.prototype.toString.call(value) !== "[object Promise]") return undefined;
    const id = next();
    (value as Promise<unknown>).then(
      (result) => send({ kind: "settle", id, value: result }),
      (error: unknown) => send({ kind: "settle", id, failed: true, value: error }),
    );
    return { $: "promise", id };
  };
  const decode = (tagged: { readonly [key: string]: unknown }): unknown => {
    const id = tagged["id"] as number;
    if (tagged["$"] === "function") return (...args: unknown[]) => call(id, args);
    return new Promise((resolve, reject) => settlers.set(id, { resolve, reject }));
  };
  const send = (message: object): void => {
    dispatch(new CustomEvent(outgoing, { detail: codec.pack(message, encode) }));
  };
  const call = (functionId: number, args: readonly unknown[]): unknown => {
    const id = next();
    send({ kind: "call", id, functionId, args });
    const result = results.get(id);
    results.delete(id);
    if (result !== undefined && "error" in result) throw result.error;
    return result?.value;
  };
  const answer = (id: number, functionId: number, args: unknown[]): void => {
    let reply: object;
    try {
      reply = { kind: "return", id, value: functions.get(functionId)?.(...args) };
      send(reply);
    } catch (error) {
      const plain = error instanceof Error ? error : new Error(String(error));
      send({ kind: "return", id, error: plain });
    }
  };
  document.addEventListener(incoming, (event) => {
    const message = codec.unpack((event as CustomEvent<string>).detail, decode) as {
      readonly kind: string;
      readonly id: number;
      readonly functionId: number;
      readonly args: unknown[];
      readonly failed?: boolean;
      readonly value?: unknown;
    };
    if (message.kind === "call") answer(message.id, message.functionId, message.args);
    else if (message.kind === "return") results.set(message.id, message);
    else {
      const settler = settlers.get(message.id);
      settlers.delete(message.id);
      if (message.failed === true) settler?.reject(message.value);
      else settler?.resolve(message.value);
    }
  });
  return { call, register: (id, work) => void functions.set(id, work) };
}
