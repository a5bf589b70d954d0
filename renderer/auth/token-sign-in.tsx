import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { useApp, useBridge } from "../bridge/use-bridge.ts";
import { useErrorText } from "../i18n/use-error-text.ts";
import { useAction, type ActionError } from "../bridge/use-action.ts";
import { Button } from "../ui/button.tsx";
import { CommandText } from "../ui/command-text.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { TextField } from "../ui/text-field.tsx";
import type { SignInFormProps } from "./sign-in-form.tsx";

/** A token by hand; on a page also how to get an address that needs none. */
export function TokenSignIn({ serverUrl, onDone }: SignInFormProps & { readonly serverUrl: string }) {
  const { t } = useTranslation("auth");
  const { commands } = useBridge();
  const page = useApp((state) => state.face === "web");
  const [typed, setTyped] = useState("");
  const [checked, setChecked] = useState(false);
  const { busy, error, run, clear } = useAction();
  const errorText = useErrorText();
  const token = typed.trim();
  const refused = error !== undefined && isAboutToken(error) ? errorText(error) : undefined;
  const signIn = async (event: SyntheticEvent) => {
    event.preventDefault();
    setChecked(true);
    if (token !== "" && (await run(() => commands.signInWithToken({ serverUrl, token })))) onDone();
  };
  return (
    <form noValidate className="flex flex-col gap-3" onSubmit={(event) => void signIn(event)}>
      {page ? (
        <div className="flex flex-col gap-2">
          <p className="text-small text-soft">{t("token.pageHint")}</p>
          <CommandText command="npx pipit web" />
        </div>
      ) : undefined}
      <TextField
        label={t("token.token")}
        hint={t("token.tokenHint")}
        error={
          checked && token === "" ? t("token.tokenMissing") : refused && `${refused.what} ${refused.cure}`
        }
        type="password"
        autoComplete="off"
        maxLength={16_384}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          clear();
        }}
      />
      {error === undefined || refused !== undefined ? undefined : <ErrorNote error={error} />}
      <Button type="submit" busy={busy}>
        {t("token.action")}
      </Button>
    </form>
  );
}

function isAboutToken({ code, field }: ActionError): boolean {
  return field === "token" || ["TOKEN_INVALID", "TOKEN_EXPIRED", "TOKEN_MISSING"].includes(code);
}
