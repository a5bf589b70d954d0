import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useApp, useAuth } from "../bridge/use-bridge.ts";
import { ErrorNote } from "../ui/error-note.tsx";
import { Note } from "../ui/note.tsx";
import { Segmented } from "../ui/segmented.tsx";
import { LocalSignIn } from "./local-sign-in.tsx";
import { TokenSignIn } from "./token-sign-in.tsx";

export interface SignInFormProps {
  /** The sign-in worked. */
  readonly onDone: () => void;
}

/** The ways to sign in, the easiest first. */
const forms = { local: LocalSignIn, token: TokenSignIn } as const;
const ways = ["local", "token"] as const;

/** The ways to sign in that make sense here, one of them open. */
export function SignInForm({ onDone }: SignInFormProps) {
  const { t } = useTranslation("auth");
  // The local account belongs to the server of this machine, which only the desktop has a secret of.
  const local = useApp(
    ({ face, server, settings }) =>
      face === "desktop" && (server.kind === "ready" ? server.own : settings.serverUrl === ""),
  );
  const [chosen, setChosen] = useState<keyof typeof forms>("local");
  const way = local ? chosen : "token";
  const Form = forms[way];
  return (
    <div className="flex flex-col gap-4">
      <WhySignedOut />
      {local ? (
        <Segmented
          label={t("methods")}
          value={way}
          options={ways.map((value) => ({ value, label: t(`${value}.label`) }))}
          onChange={setChosen}
        />
      ) : undefined}
      <Form onDone={onDone} />
    </div>
  );
}

function WhySignedOut() {
  const { t } = useTranslation("auth");
  const auth = useAuth();
  if (auth.kind === "failed") return <ErrorNote error={auth} />;
  if (auth.kind !== "signed-out") return;
  const { reason } = auth;
  return reason === "expired" || reason === "refused" ? (
    <Note tone="warning" title={t(`reason.${reason}`)} />
  ) : undefined;
}
