import { useEffect, useState } from "react";

/** Whole seconds until then, counted down to 0; 0 without an end. */
export function useCountdown(endsAtMs: number | undefined): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  const left = endsAtMs === undefined ? 0 : Math.max(0, Math.ceil((endsAtMs - nowMs) / 1000));
  const over = left === 0;
  useEffect(() => {
    setNowMs(Date.now());
    if (over) return undefined;
    const timer = setInterval(() => setNowMs(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [endsAtMs, over]);
  return left;
}

/** "4:05" */
export function clockText(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
