import { useState } from "react";
import { PipitError } from "#contract/pipit-error.ts";
import { useBridge } from "../bridge/use-bridge.ts";
import { useAction } from "../bridge/use-action.ts";
import { useCountdown } from "../ui/use-countdown.ts";
import type { CodeKind } from "./code-step.tsx";

export interface PasswordSignInProps {
  readonly serverUrl: string;
  readonly onDone: () => void;
  /** Whether only the code is left to give. */
  readonly onCodeStep: (asking: boolean) => void;
}

/** What was typed so far, and the sign-in with it. */
export function usePasswordSignIn({ serverUrl, onDone, onCodeStep }: PasswordSignInProps) {
  const { commands } = useBridge();
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [asking, setAsking] = useState<CodeKind>();
  const [tried, setTried] = useState(false);
  const { busy, error, run, clear } = useAction();
  const waits = useCountdown(error?.retryAtMs) > 0;
  const isEmpty = login.trim() === "" || password === "";

  const ask = (kind: CodeKind | undefined) => {
    clear();
    setAsking(kind);
    onCodeStep(kind !== undefined);
  };
  /** A password alone may turn out not to be enough. */
  const signIn = async (code?: string) => {
    setTried(true);
    if (isEmpty || waits) return;
    let isCodeMissing = false;
    const input = { serverUrl, login: login.trim(), password, ...(code === undefined ? {} : { code }) };
    const worked = await run(async () => {
      try {
        await commands.signInWithPassword(input);
      } catch (reason) {
        isCodeMissing = code === undefined && PipitError.from(reason).code === "OTP_REQUIRED";
        if (!isCodeMissing) throw reason;
      }
    });
    if (!worked) return;
    if (isCodeMissing) ask("app");
    else onDone();
  };
  const typing = (set: (text: string) => void) => (text: string) => {
    set(text);
    clear();
  };
  return {
    login,
    setLogin: typing(setLogin),
    password,
    setPassword: typing(setPassword),
    /** It was tried with nothing in a field. */
    empty: tried && isEmpty,
    asking,
    ask,
    busy,
    waits,
    error,
    clear,
    signIn,
  };
}
