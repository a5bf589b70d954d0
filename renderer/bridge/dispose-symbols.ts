// Safari has no explicit resource management yet; without the symbols every disposer would be a method named "undefined".
// Must be evaluated before any class that names them.
for (const name of ["dispose", "asyncDispose"] as const) {
  if (Symbol[name] === undefined) Object.defineProperty(Symbol, name, { value: Symbol(`Symbol.${name}`) });
}
