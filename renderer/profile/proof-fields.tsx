import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { OwnProof } from "#contract/own-account.ts";
import { PasswordField } from "../ui/password-field.tsx";
import { TextField } from "../ui/text-field.tsx";
import type { ProfileField } from "./field-errors.ts";

/** What a user types to prove that it is them. */
export function useProof(withCode: boolean) {
  const { t } = useTranslation("profile");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const given = (text: string): string | undefined => (text.trim() === "" ? t("wrong.missing") : undefined);
  const proof: OwnProof = withCode ? { password, code: code.trim() } : { password };
  return {
    proof,
    fields: (withCode ? ["ownPassword", "code"] : ["ownPassword"]) as readonly ProfileField[],
    missing: { ownPassword: given(password), ...(withCode ? { code: given(code) } : {}) },
    inputs: { password, setPassword, code, setCode, withCode },
  };
}

interface ProofFieldsProps {
  readonly login: string;
  readonly inputs: ReturnType<typeof useProof>["inputs"];
  readonly errorAt: (field: ProfileField) => string | undefined;
  readonly onType: () => void;
}

/** The password, and a code where the account has a second factor. */
export function ProofFields({ login, inputs, errorAt, onType }: ProofFieldsProps) {
  const { t } = useTranslation("profile");
  return (
    <>
      <KnownLogin login={login} />
      <PasswordField
        label={t("proof.password")}
        autoComplete="current-password"
        error={errorAt("ownPassword")}
        value={inputs.password}
        onChange={(event) => {
          inputs.setPassword(event.currentTarget.value);
          onType();
        }}
      />
      {inputs.withCode ? (
        <TextField
          label={t("proof.code")}
          hint={t("proof.codeHint")}
          autoComplete="one-time-code"
          spellCheck={false}
          error={errorAt("code")}
          value={inputs.code}
          onChange={(event) => {
            inputs.setCode(event.currentTarget.value);
            onType();
          }}
        />
      ) : undefined}
    </>
  );
}

/** For the browser's password store, which otherwise cannot tell whose password it is. */
export function KnownLogin({ login }: { readonly login: string }) {
  return <input type="text" name="username" autoComplete="username" value={login} readOnly hidden />;
}
