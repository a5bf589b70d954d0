import { useEffect, useRef, useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { CLOCK_OFF_MS } from "#contract/sign-in.ts";
import { useErrorText } from "../i18n/use-error-text.ts";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/text-field.tsx";

/** Of the authenticator app, or one of the recovery codes. */
export type CodeKind = "app" | "recovery";

const APP_CODE_DIGITS = 6;

interface CodeStepProps {
  readonly kind: CodeKind;
  readonly login: string;
  readonly clockAheadMs: number;
  /** The last code was not taken. */
  readonly refused: boolean;
  readonly busy: boolean;
  /** Undefined: back to the password. */
  readonly onKind: (kind: CodeKind | undefined) => void;
  readonly onCode: (code: string) => void;
  readonly onChange: () => void;
}

/** The second factor. A code of the app goes by itself as soon as it is whole, typed or pasted. */
export function CodeStep(props: CodeStepProps) {
  const { kind, login, busy, refused } = props;
  const { t } = useTranslation(["auth", "shell"]);
  const [typed, setTyped] = useState("");
  const [empty, setEmpty] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const refusal = useRefusal(props.clockAheadMs);
  useEffect(() => field.current?.focus(), [kind]);
  const isApp = kind === "app";
  const change = (value: string) => {
    const code = isApp ? value.replaceAll(/\D/gu, "").slice(0, APP_CODE_DIGITS) : value;
    setTyped(code);
    setEmpty(false);
    props.onChange();
    if (isApp && code.length === APP_CODE_DIGITS && code !== typed) props.onCode(code);
  };
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const code = typed.trim();
    if (code === "" || (isApp && code.length < APP_CODE_DIGITS)) {
      setEmpty(true);
      field.current?.focus();
    } else props.onCode(code);
  };
  return (
    <>
      <p className="text-soft">{t(`code.${kind}.body`, { login })}</p>
      <TextField
        ref={field}
        key={kind}
        label={t(`code.${kind}.label`)}
        size="large"
        name="otp"
        autoComplete="one-time-code"
        inputMode={isApp ? "numeric" : "text"}
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        maxLength={isApp ? 20 : 100}
        className={
          isApp
            ? "[&_input]:text-center [&_input]:font-mono [&_input]:text-display [&_input]:tracking-widest"
            : "[&_input]:font-mono"
        }
        value={typed}
        error={empty ? t(`code.${kind}.missing`) : refused ? refusal : undefined}
        onChange={(event) => change(event.currentTarget.value)}
        onKeyDown={(event) => (event.key === "Enter" ? submit(event) : undefined)}
      />
      <Button kind="primary" size="large" busy={busy} onClick={submit}>
        {t("signIn")}
      </Button>
      <div className="flex justify-between gap-4">
        <Button kind="link" size="small" onClick={() => props.onKind(undefined)}>
          {t("shell:back")}
        </Button>
        <Button
          kind="link"
          size="small"
          onClick={() => {
            setTyped("");
            setEmpty(false);
            props.onKind(isApp ? "recovery" : "app");
          }}
        >
          {t(`code.${kind}.other`)}
        </Button>
      </div>
    </>
  );
}

/** Why a code may be wrong: most often it was used or is too old; a clock that is off makes every one wrong. */
function useRefusal(clockAheadMs: number): string {
  const { t } = useTranslation("auth");
  const { what, cure } = useErrorText()({ code: "OTP_INVALID", message: "" });
  const minutes = Math.round(Math.abs(clockAheadMs) / 60_000);
  const off = Math.abs(clockAheadMs) > CLOCK_OFF_MS ? t("code.clock", { count: minutes }) : undefined;
  return [what, off ?? cure].join(" ");
}
