import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import type { SignInLink } from "#contract/sign-in.ts";
import { useAction } from "../bridge/use-action.ts";
import { useApp, useAuth, useBridge } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";
import { CommandText } from "../ui/command-text.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { TextField } from "../ui/text-field.tsx";
import { useAccountName } from "./use-account-name.ts";

const DIGITS = 4;

/** What a one-time address asks before it changes who is signed in; Enter at once changes nothing. */
export function SignInLinkDialog() {
  const { t } = useTranslation("auth");
  const { commands } = useBridge();
  const link = useApp((state) => state.signInLink);
  return (
    <Dialog
      open={link !== undefined}
      onClose={() => void commands.dropSignInLink()}
      title={t(link?.kind === "confirm" ? "link.confirmTitle" : "link.title")}
    >
      {link === undefined ? undefined : <Asked link={link} />}
    </Dialog>
  );
}

function Asked({ link }: { readonly link: SignInLink }) {
  switch (link.kind) {
    case "digits":
      return <Digits />;
    case "confirm":
      return <Confirm link={link} />;
    case "used":
      return <Used />;
  }
}

function Used() {
  const { t } = useTranslation("auth");
  return (
    <div className="flex flex-col gap-3 px-4 pb-4">
      <p role="alert">{t("link.used")}</p>
      <CommandText command="npx pipit web" />
    </div>
  );
}

function Digits() {
  const { t } = useTranslation("auth");
  const { commands } = useBridge();
  const [digits, setDigits] = useState("");
  const { busy, error, run, clear } = useAction();
  const wrong = error?.field === "digits";
  const send = async (event: SyntheticEvent) => {
    event.preventDefault();
    await run(() => commands.signInByLink({ digits }));
  };
  return (
    <form noValidate className="flex flex-col gap-4 px-4 pb-4" onSubmit={(event) => void send(event)}>
      <p className="text-soft">{t("link.body")}</p>
      <TextField
        data-initial-focus=""
        label={t("link.digits")}
        error={wrong ? t("link.wrong") : undefined}
        inputMode="numeric"
        autoComplete="off"
        maxLength={DIGITS}
        value={digits}
        onChange={(event) => {
          setDigits(event.currentTarget.value.replaceAll(/\D/gu, ""));
          clear();
        }}
      />
      {error === undefined || wrong ? undefined : <ErrorNote error={error} />}
      <Button type="submit" kind="primary" size="large" busy={busy} disabled={digits.length < DIGITS}>
        {t("signIn")}
      </Button>
    </form>
  );
}

function Confirm({ link }: { readonly link: Extract<SignInLink, { kind: "confirm" }> }) {
  const { t } = useTranslation(["auth", "shell"]);
  const { commands } = useBridge();
  const now = useAccountName(useAuth());
  const next = useAccountName({ ...link, kind: "signed-in", accountId: "" });
  const { busy, error, run } = useAction();
  return (
    <div className="flex flex-col gap-4 px-4 pb-4">
      <p className="wrap-break-word">{t("link.confirm", { next, now })}</p>
      {error === undefined ? undefined : <ErrorNote error={error} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button data-initial-focus="" onClick={() => void commands.dropSignInLink()}>
          {t("link.stay", { now })}
        </Button>
        <Button busy={busy} onClick={() => void run(() => commands.signInByLink({}))}>
          {t("link.become", { next })}
        </Button>
      </div>
    </div>
  );
}
