import { useEffect, useEffectEvent } from "react";
import { useBridge } from "../bridge/use-bridge.ts";

/** Takes files that the host was given, as those that are dropped on the window. */
export function useGivenFiles(take: (files: readonly File[]) => Promise<void>): void {
  const { onIntent } = useBridge();
  const taken = useEffectEvent(take);
  useEffect(
    () =>
      onIntent((intent) => {
        if (intent.kind !== "files") return;
        void taken(intent.files.map(({ name, bytes }) => new File([bytes as Uint8Array<ArrayBuffer>], name)));
      }),
    [onIntent],
  );
}
