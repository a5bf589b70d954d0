/** Counts work in progress and tells when there is none. */
export interface Activity {
  enter(): void;
  leave(): void;
  /** Resolves when the count is zero. */
  idle(): Promise<void>;
}

export function createActivity(): Activity {
  let count = 0;
  let waiters: (() => void)[] = [];
  return {
    enter() {
      count += 1;
    },
    leave() {
      count -= 1;
      if (count > 0) return;
      const ready = waiters;
      waiters = [];
      for (const resolve of ready) resolve();
    },
    idle() {
      if (count === 0) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      waiters.push(resolve);
      return promise;
    },
  };
}
