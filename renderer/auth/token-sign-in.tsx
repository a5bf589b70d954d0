import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { useApp, useAuth, useBridge } from "../bridge/use-bridge.ts";
import { useErrorText } from "../i18n/use-error-text.ts";
import { useAction, type ActionError } from "../bridge/use-action.ts";
import { Button } from "../ui/button.tsx";
import { CommandText } from "../ui/command-text.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { TextField } from "../ui/text-field.tsx";
import { readServerAddress } from "./server-address.ts";
import type { SignInFormProps } from "./sign-in-form.tsx";
import { AddressField, useAddressProblem } from "./address-field.tsx";

/** A server's address and a token by hand. A page belongs to its server, so there the address is fixed. */
export function TokenSignIn({ onDone }: SignInFormProps) {
  const { t } = useTranslation("auth");
  const { commands } = useBridge();
  const page = useApp((state) => state.face === "web");
  const [typed, setTyped] = useState(useApp((state) => state.settings.serverUrl));
  const [token, setToken] = useState("");
  const [checked, setChecked] = useState(false);
  const { busy, error, run, clear } = useAction();
  const signingIn = useAuth().kind === "signing-in";
  const address = readServerAddress(page ? "" : typed);
  const addressProblem = useAddressProblem(address);
  const fieldError = useFieldError(error);
  const signIn = async (event: SyntheticEvent) => {
    event.preventDefault();
    setChecked(true);
    if (addressProblem !== undefined || token.trim() === "") return;
    const serverUrl = address.kind === "address" ? address.url : "";
    if (await run(() => commands.signInWithToken({ serverUrl, token: token.trim() }))) onDone();
  };
  return (
    <form noValidate className="flex flex-col gap-4" onSubmit={(event) => void signIn(event)}>
      {page ? (
        <PageHint />
      ) : (
        <AddressField
          label={t("token.server")}
          hint={t("token.serverHint")}
          error={(checked ? addressProblem : undefined) ?? fieldError("serverUrl")}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            clear();
          }}
        />
      )}
      <TextField
        label={t("token.token")}
        hint={t("token.tokenHint")}
        error={(checked && token.trim() === "" ? t("token.tokenMissing") : undefined) ?? fieldError("token")}
        type="password"
        {...(page ? { "data-initial-focus": "" } : {})}
        autoComplete="off"
        maxLength={16_384}
        value={token}
        onChange={(event) => {
          setToken(event.currentTarget.value);
          clear();
        }}
      />
      {error === undefined || fieldOf(error) !== undefined ? undefined : <ErrorNote error={error} />}
      <Button type="submit" kind="primary" size="large" busy={busy || signingIn}>
        {t("signIn")}
      </Button>
    </form>
  );
}

function PageHint() {
  const { t } = useTranslation("auth");
  const server = useApp((state) => state.server);
  return (
    <div className="flex flex-col gap-2">
      {server.kind === "ready" ? (
        <p className="wrap-break-word">{t("token.serverFixed", { address: server.httpUrl })}</p>
      ) : undefined}
      <p className="text-soft">{t("token.pageHint")}</p>
      <CommandText command="npx pipit web" />
    </div>
  );
}

/** The field that an error belongs to; all others are said above the button. */
function fieldOf({ code, field }: ActionError): "token" | "serverUrl" | undefined {
  if (field === "token" || field === "serverUrl") return field;
  return code === "TOKEN_INVALID" || code === "TOKEN_EXPIRED" || code === "TOKEN_MISSING"
    ? "token"
    : undefined;
}

function useFieldError(error: ActionError | undefined): (field: "token" | "serverUrl") => string | undefined {
  const errorText = useErrorText();
  return (field) => {
    if (error === undefined || fieldOf(error) !== field) return;
    const { what, cure } = errorText(error);
    return `${what} ${cure}`;
  };
}
