/** Fires once when nothing has been reported for a while. One timer for a whole answer: tokens only push it forward. */
export interface SilenceWatch extends Disposable {
  /** A sign of life: the next silence may last `nextMs`. */
  alive(): void;
}

/**
 * Calls `onSilence(limitMs)` when the first sign of life takes longer than `firstMs`, or a later one longer than
 * `nextMs`.
 */
export function watchSilence(
  firstMs: number,
  nextMs: number,
  onSilence: (limitMs: number) => void,
): SilenceWatch {
  let timer = setTimeout(() => onSilence(firstMs), firstMs);
  let spoke = false;
  return {
    alive() {
      if (spoke) {
        timer.refresh();
        return;
      }
      spoke = true;
      clearTimeout(timer);
      timer = setTimeout(() => onSilence(nextMs), nextMs);
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
    },
  };
}
