import { useEffect, useState } from "react";
import { fillPrompt, type KeptPrompts, type Prompt } from "#contract/prompts.ts";
import { useBridge } from "../bridge/use-bridge.ts";

/** The prompts of this device, once they are read. */
export function useKeptPrompts() {
  const { commands, views } = useBridge();
  const [kept, setKept] = useState<KeptPrompts>();
  useEffect(() => {
    void views.attempt(commands.listPrompts().then(setKept));
  }, [commands, views]);
  /** Rejects with a PipitError when they cannot be kept. */
  const save = async (prompts: readonly Prompt[]) =>
    setKept(await commands.savePrompts({ prompts: [...prompts] }));
  return { kept, save };
}

/** Puts a prompt into the composer, with what stands there as its input unless another one is given. */
export function useGivePrompt(): (name: string, input?: string) => Promise<boolean> {
  const { commands, views, ui } = useBridge();
  return (name, input) =>
    views.attempt(
      commands.givePrompt({ name }).then((given) => {
        ui.write(fillPrompt(given, input ?? ui.store.getState().text));
        ui.focusComposer();
      }),
    );
}
