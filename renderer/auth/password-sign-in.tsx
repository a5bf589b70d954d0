import { useEffect, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../ui/button.tsx";
import { PasswordField } from "../ui/password-field.tsx";
import { TextField } from "../ui/text-field.tsx";
import { CodeStep } from "./code-step.tsx";
import { SignInError } from "./sign-in-error.tsx";
import { useFocusOnError } from "./use-focus-on-error.ts";
import { usePasswordSignIn, type PasswordSignInProps } from "./use-password-sign-in.ts";

/**
 * Login and password, then the code where the account has one: all in one form, so that a password manager fills it and
 * knows what it has filled.
 */
export function PasswordSignIn(props: PasswordSignInProps & { readonly clockAheadMs: number }) {
  const { t } = useTranslation("auth");
  const state = usePasswordSignIn(props);
  const { asking, error, busy, waits, signIn } = state;
  const form = useFocusOnError(error);
  // It comes when the server has been found: who has not begun to do something else goes on here.
  useEffect(() => {
    const { activeElement } = document;
    if (activeElement === document.body || activeElement?.role === "dialog")
      form.current?.querySelector("input")?.focus();
  }, [form]);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (asking === undefined) void signIn();
  };
  const atField = error?.code === "CREDENTIALS_INVALID" || error?.code === "OTP_INVALID";
  return (
    <form ref={form} noValidate className="flex flex-col gap-4" onSubmit={submit}>
      {/* Stays in the form during the second step: what was filled belongs to it. */}
      <div className={asking === undefined ? "contents" : "hidden"}>
        <Credentials state={state} />
      </div>
      {asking === undefined ? undefined : (
        <CodeStep
          kind={asking}
          login={state.login.trim()}
          clockAheadMs={props.clockAheadMs}
          refused={error?.code === "OTP_INVALID"}
          busy={busy}
          onKind={state.ask}
          onCode={(code) => void signIn(code)}
          onChange={state.clear}
        />
      )}
      {atField ? undefined : <SignInError error={error} />}
      {asking === undefined ? (
        <Button type="submit" kind="primary" size="large" busy={busy} disabled={waits}>
          {t("signIn")}
        </Button>
      ) : undefined}
    </form>
  );
}

function Credentials({ state }: { readonly state: ReturnType<typeof usePasswordSignIn> }) {
  const { t } = useTranslation("auth");
  const { login, password, empty, error } = state;
  const wrong = error?.code === "CREDENTIALS_INVALID" ? t("wrongPassword") : undefined;
  return (
    <>
      <TextField
        label={t("login")}
        size="large"
        data-initial-focus=""
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        maxLength={254}
        value={login}
        error={empty && login.trim() === "" ? t("loginMissing") : undefined}
        onChange={(event) => state.setLogin(event.currentTarget.value)}
      />
      <PasswordField
        label={t("password")}
        size="large"
        name="password"
        autoComplete="current-password"
        value={password}
        error={empty && password === "" ? t("passwordMissing") : wrong}
        onChange={(event) => state.setPassword(event.currentTarget.value)}
      />
    </>
  );
}
