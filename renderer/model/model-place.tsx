import { useState } from "react";
import { useApp, useAuth } from "../bridge/use-bridge.ts";
import { lazily } from "../ui/lazily.tsx";

const ModelCard = lazily(async () => (await import("./model-card.tsx")).ModelCard);

/** Whether the server is there without a language model. */
export function useWithoutModel(): boolean {
  return useApp(({ server }) => server.kind === "ready" && server.model === null);
}

/** The card about a missing model; stays to say that one was found. */
export function ModelPlace({ slim = false }: { readonly slim?: boolean }) {
  const signedIn = useAuth().kind === "signed-in";
  const without = useWithoutModel() && signedIn;
  const [missed, setMissed] = useState(without);
  if (without && !missed) setMissed(true);
  if (!missed || !signedIn) return;
  return <ModelCard slim={slim} />;
}
