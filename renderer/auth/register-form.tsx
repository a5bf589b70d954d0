import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import {
  brokenPasswordRules,
  DISPLAY_NAME_MAX_CHARS,
  isLoginText,
  LOGIN_MAX_CHARS,
  LOGIN_MIN_CHARS,
  PASSWORD_MAX_CHARS,
} from "#contract/account-rules.ts";
import { useBridge } from "../bridge/use-bridge.ts";
import { useAction, type ActionError } from "../bridge/use-action.ts";
import { Button } from "../ui/button.tsx";
import { PasswordField } from "../ui/password-field.tsx";
import { TextField } from "../ui/text-field.tsx";
import { useCountdown } from "../ui/use-countdown.ts";
import { PasswordRules } from "./password-rules.tsx";
import { SignInError } from "./sign-in-error.tsx";
import { focusFirstWrong, useFocusOnError } from "./use-focus-on-error.ts";

interface RegisterFormProps {
  readonly serverUrl: string;
  readonly onDone: () => void;
}

/** Makes an account where the server lets people do so. What is wrong is said while it is typed, by the server's own rules. */
export function RegisterForm({ serverUrl, onDone }: RegisterFormProps) {
  const { t } = useTranslation("auth");
  const { commands, views } = useBridge();
  const [login, setLogin] = useState("");
  const [displayName, setDisplayName] = useState("");
  const [password, setPassword] = useState("");
  const [checked, setChecked] = useState(false);
  const { busy, error, run, clear } = useAction();
  const form = useFocusOnError(error);
  const waits = useCountdown(error?.retryAtMs) > 0;
  const wanted = login.trim().normalize("NFC");
  const loginError = useLoginError(wanted, checked);
  const broken = brokenPasswordRules(password.normalize("NFC"), wanted);
  const passwordRefused = isRefused("password", error) ? t("register.passwordRefused") : undefined;
  const passwordError = checked && broken.length > 0 ? t("register.passwordBroken") : passwordRefused;
  const register = async (event: SyntheticEvent) => {
    event.preventDefault();
    setChecked(true);
    if (loginError !== undefined || wanted === "" || broken.length > 0) {
      // Once what is wrong is drawn.
      requestAnimationFrame(() => focusFirstWrong(form.current));
      return;
    }
    if (waits) return;
    const account = { serverUrl, login: wanted, password, displayName: displayName.trim() };
    if (!(await run(() => commands.register(account)))) return;
    views.offerProtection(true);
    onDone();
  };
  const change = (set: (value: string) => void) => (event: React.ChangeEvent<HTMLInputElement>) => {
    set(event.currentTarget.value);
    clear();
  };
  return (
    <form ref={form} noValidate className="flex flex-col gap-4" onSubmit={(event) => void register(event)}>
      <TextField
        label={t("login")}
        hint={t("register.loginHint")}
        error={loginError ?? (isRefused("login", error) ? t("register.loginTaken") : undefined)}
        size="large"
        data-initial-focus=""
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        value={login}
        onChange={change(setLogin)}
      />
      <TextField
        label={t("register.displayName")}
        hint={t("register.displayNameHint")}
        error={isRefused("display_name", error) ? t("register.displayNameRefused") : undefined}
        size="large"
        name="name"
        autoComplete="name"
        maxLength={DISPLAY_NAME_MAX_CHARS}
        value={displayName}
        onChange={change(setDisplayName)}
      />
      <div className="flex flex-col gap-2">
        <PasswordField
          label={t("password")}
          error={passwordError}
          size="large"
          name="new-password"
          autoComplete="new-password"
          maxLength={PASSWORD_MAX_CHARS * 2}
          value={password}
          onChange={change(setPassword)}
        />
        <PasswordRules broken={broken} typed={password !== ""} />
      </div>
      {error === undefined || isField(error) ? undefined : <SignInError error={error} />}
      <Button type="submit" kind="primary" size="large" busy={busy} disabled={waits}>
        {t("register.action")}
      </Button>
    </form>
  );
}

function isField({ code, field }: ActionError): boolean {
  return code === "INVALID_REQUEST" && ["login", "display_name", "password"].includes(field ?? "");
}

/** The server's own words are English. Of a login that keeps the rules it says only that another account, or itself, has it. */
function isRefused(field: string, error: ActionError | undefined): boolean {
  return error !== undefined && isField(error) && error.field === field;
}

function useLoginError(login: string, checked: boolean): string | undefined {
  const { t } = useTranslation("auth");
  const { length } = [...login];
  if (length === 0) return checked ? t("loginMissing") : undefined;
  if (!isLoginText(login)) return t("register.loginText");
  // Said only once it was tried: everyone begins with one character.
  if (length < LOGIN_MIN_CHARS)
    return checked ? t("register.loginShort", { count: LOGIN_MIN_CHARS }) : undefined;
  return length > LOGIN_MAX_CHARS ? t("register.loginLong", { count: LOGIN_MAX_CHARS }) : undefined;
}
