import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useApp, useAuth } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { Segmented } from "../ui/segmented.tsx";
import { LocalSignIn } from "./local-sign-in.tsx";
import { readServerAddress } from "./server-address.ts";
import { ServerField } from "./server-field.tsx";
import { ServerSignIn } from "./server-sign-in.tsx";
import { SignInEnded } from "./sign-in-ended.tsx";
import { useServerLook } from "./use-server-look.ts";

export interface SignInFormProps {
  /** The sign-in worked. */
  readonly onDone: () => void;
}

const places = ["local", "remote"] as const;

/** Where to sign in, then how. A page belongs to its server, so there only the second is asked. */
export function SignInForm({ onDone }: SignInFormProps) {
  const { t } = useTranslation("auth");
  const page = useApp((state) => state.face === "web");
  // The local account belongs to the server of this machine, which only the desktop has a secret of.
  const local = useApp(
    ({ face, server, settings }) =>
      face === "desktop" && (settings.serverUrl !== "" || server.kind !== "ready" || server.own),
  );
  const named = useApp((state) => state.settings.serverUrl !== "");
  // Who adds an account has this computer's, or can choose it.
  const adding = useAuth().kind === "signed-in";
  const [place, setPlace] = useState<(typeof places)[number]>(named || adding ? "remote" : "local");
  return (
    <div className="flex flex-col gap-4">
      <WhySignedOut />
      {local ? (
        <Segmented
          label={t("methods")}
          value={place}
          options={places.map((value) => ({ value, label: t(`${value}.label`) }))}
          onChange={setPlace}
        />
      ) : undefined}
      {page || (!local && !named) ? (
        <AtOneServer onDone={onDone} />
      ) : local && place === "local" ? (
        <AtThisMachine onDone={onDone} />
      ) : (
        <AtAnyServer onDone={onDone} />
      )}
    </div>
  );
}

/** The local account in one click; the own server has accounts with passwords too. */
function AtThisMachine({ onDone }: SignInFormProps) {
  const { t } = useTranslation("auth");
  const [other, setOther] = useState(false);
  if (other) return <AtOneServer onDone={onDone} />;
  return (
    <>
      <LocalSignIn onDone={onDone} />
      <Button kind="link" size="small" className="self-center" onClick={() => setOther(true)}>
        {t("local.other")}
      </Button>
    </>
  );
}

/** The server in use, which needs no address: the page's own, or this machine's. */
function AtOneServer({ onDone }: SignInFormProps) {
  const page = useApp((state) => state.face === "web");
  const { looked } = useServerLook("");
  const look = looked.kind === "found" ? looked.look : undefined;
  return (
    <>
      {looked.kind === "failed" ? <ErrorNote error={looked.error} /> : undefined}
      {/* A page always takes a password, and its form stands at once, so that it can be filled. */}
      {page || look !== undefined ? <ServerSignIn serverUrl="" look={look} onDone={onDone} /> : undefined}
    </>
  );
}

function AtAnyServer({ onDone }: SignInFormProps) {
  const [typed, setTyped] = useState(
    useApp(({ settings }) => settings.serverUrl || (settings.servers[0] ?? "")),
  );
  const address = readServerAddress(typed);
  const serverUrl = address.kind === "address" ? address.url : undefined;
  const { looked, again } = useServerLook(serverUrl);
  return (
    <>
      <ServerField typed={typed} address={address} looked={looked} onChange={setTyped} again={again} />
      {serverUrl !== undefined && looked.kind === "found" ? (
        <ServerSignIn key={serverUrl} serverUrl={serverUrl} look={looked.look} onDone={onDone} />
      ) : undefined}
    </>
  );
}

function WhySignedOut() {
  const auth = useAuth();
  return auth.kind === "failed" ? <ErrorNote error={auth} /> : <SignInEnded />;
}
