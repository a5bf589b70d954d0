/** Names of chat models, kept for a while. */
export interface ModelNames {
  /** The newest knowledge; looks when there is none, and beside the question when it is old. Throws what `look` throws. */
  current(): Promise<readonly string[]>;
  /** A model was not there although it was listed: looks anew the next time. */
  forget(): void;
}

/**
 * Keeps what `look` found for `freshMs`. A look that fails leaves what is known: an answer does not depend on the list.
 *
 * @param nowMs the clock
 */
export function createModelNames(
  look: () => Promise<readonly string[]>,
  freshMs: number,
  nowMs: () => number,
): ModelNames {
  let known: { readonly names: readonly string[]; readonly atMs: number } | undefined;
  let running: Promise<readonly string[]> | undefined;

  function lookOnce(): Promise<readonly string[]> {
    running ??= look()
      .then((names) => {
        known = { names, atMs: nowMs() };
        return names;
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  return {
    async current() {
      if (known === undefined) return lookOnce();
      if (nowMs() - known.atMs >= freshMs) void lookOnce().catch(() => undefined);
      return known.names;
    },
    forget() {
      known = undefined;
    },
  };
}
