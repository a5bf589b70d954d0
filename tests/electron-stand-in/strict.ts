import { EventEmitter } from "node:events";

/** What is thrown for a part of Electron's API that the stand-in does not have. */
export class NotInStandInError extends Error {
  override readonly name = "NotInStandInError";
  constructor(what: string) {
    super(`not in the stand-in: ${what} (tests/electron-stand-in/README.md says how to add it)`);
  }
}

/** Looked up by promises, JSON, inspectors and test runners on any object. */
const askedOfEverything = new Set([
  "then",
  "toJSON",
  "constructor",
  "inspect",
  "nodeType",
  "asymmetricMatch",
  "domain",
  "$$typeof",
]);

/**
 * Makes reading an unknown property an error. Real Electron would give `undefined` or, worse, something that the
 * stand-in lacks: code that passes here must not depend on either. `"name" in object` still answers honestly.
 */
export function strict<T extends object>(object: T, name: string): T {
  return new Proxy(object, {
    get(target, property, receiver) {
      if (typeof property === "symbol" || property in target || askedOfEverything.has(property)) {
        return Reflect.get(target, property, receiver) as unknown;
      }
      throw new NotInStandInError(`${name}.${property}`);
    },
  });
}

/** A base class that makes its instances strict; private fields of subclasses land on the proxy, so methods work. */
// oxlint-disable-next-line typescript/no-extraneous-class
export class StrictObject {
  constructor(name: string) {
    return strict(this, name);
  }
}

/**
 * An emitter that knows its events: listening to one that Electron has not, or that the stand-in never sends, is an
 * error.
 */
export class StrictEmitter extends EventEmitter {
  constructor(name: string, events: readonly string[]) {
    super();
    const self = strict(this, name);
    const known = new Set<string | symbol>([...events, "newListener", "removeListener"]);
    const check = (event: string | symbol) => {
      if (!known.has(event)) throw new NotInStandInError(`event "${String(event)}" of ${name}`);
    };
    for (const method of ["on", "once", "addListener", "prependListener", "prependOnceListener"] as const) {
      const original = super[method].bind(this);
      Object.defineProperty(this, method, {
        enumerable: false,
        writable: true,
        configurable: true,
        value: (event: string | symbol, listener: (...args: unknown[]) => void) => {
          check(event);
          original(event, listener);
          return self;
        },
      });
    }
    return self;
  }
}

/** An event that a listener may prevent. */
export interface PreventableEvent {
  readonly defaultPrevented: boolean;
  preventDefault(): void;
}

/** Makes one, with more fields if given. */
export function preventableEvent<T extends object>(fields?: T): PreventableEvent & T {
  let prevented = false;
  const event = {
    get defaultPrevented() {
      return prevented;
    },
    preventDefault() {
      prevented = true;
    },
  };
  return Object.defineProperties(event, Object.getOwnPropertyDescriptors(fields ?? {})) as PreventableEvent &
    T;
}

/** Names options that Electron takes and the stand-in knows; others are an error. */
export function checkOptions(what: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw new NotInStandInError(`option "${key}" of ${what}`);
  }
}
