/**
 * A stream that is opened when it is first read. A generator with `yield*` would say the same, at the price of three
 * more promises for each item.
 */
export function deferred<T>(open: () => Promise<AsyncGenerator<T, void, void>>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      let opening: Promise<AsyncGenerator<T, void, void>> | undefined;
      let opened: AsyncGenerator<T, void, void> | undefined;
      const first = async (): Promise<IteratorResult<T, void>> => {
        opening ??= open();
        opened = await opening;
        return opened.next();
      };
      return {
        next: () => (opened === undefined ? first() : opened.next()),
        async return() {
          // Left while it was being opened: what has been opened by then is left too.
          await (await opening?.catch(() => undefined))?.return();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
