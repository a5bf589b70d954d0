import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useApp, useAuth } from "../bridge/use-bridge.ts";
import { ErrorNote } from "../ui/error-note.tsx";
import { Note } from "../ui/note.tsx";
import { Segmented } from "../ui/segmented.tsx";
import { signInMethods, type SignInFormProps } from "./sign-in-methods.ts";

/** The ways to sign in that make sense here, one of them open. */
export function SignInForm({ onDone }: SignInFormProps) {
  const { t } = useTranslation("auth");
  const face = useApp((state) => state.face);
  const server = useApp((state) => state.server);
  const settings = useApp((state) => state.settings);
  const [chosen, setChosen] = useState<string>();
  const offered = signInMethods.filter((method) => method.isOffered({ face, server, settings }));
  const method = offered.find(({ id }) => id === chosen) ?? offered[0];
  if (method === undefined) return;
  return (
    <div className="flex flex-col gap-4">
      <WhySignedOut />
      {offered.length > 1 ? (
        <Segmented
          label={t("methods")}
          value={method.id}
          options={offered.map(({ id, label }) => ({ value: id, label: t(label) }))}
          onChange={setChosen}
        />
      ) : undefined}
      <method.Form onDone={onDone} />
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
