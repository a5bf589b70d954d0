// Safari has no explicit resource management yet; without the symbols every disposer would be a method named "undefined".
// Must be evaluated before any class that names them.
/** Which symbols this module has seen to. */
export const disposeSymbols = ["dispose", "asyncDispose"] as const;
for (const name of disposeSymbols) {
  if (Symbol[name] === undefined) Object.defineProperty(Symbol, name, { value: Symbol(`Symbol.${name}`) });
}
