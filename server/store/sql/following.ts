/** The same store, which calls `onDone` after each of the named methods has done its work. */
export function following<Store extends object, Name extends keyof Store>(
  store: Store,
  names: readonly Name[],
  onDone: () => void,
): Store {
  const followed = names.map((name) => {
    const method = store[name] as (...args: unknown[]) => Promise<unknown>;
    const call = async (...args: unknown[]): Promise<unknown> => {
      const result = await method(...args);
      onDone();
      return result;
    };
    return [name, call] as const;
  });
  return { ...store, ...Object.fromEntries(followed) };
}
