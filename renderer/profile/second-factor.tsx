import { useState } from "react";
import { useTranslation } from "react-i18next";
import { SettingsSection } from "../settings/settings-section.tsx";
import { EnrolFactor } from "./enrol-factor.tsx";
import { Foldable } from "./foldable.tsx";
import { requestSignal, type Own } from "./own.ts";
import { ProfileForm } from "./profile-form.tsx";
import { ProofFields, useProof } from "./proof-fields.tsx";
import { useProfileForm } from "./use-profile-form.ts";

/** Codes of an authenticator app: on, or off. */
export function SecondFactor(own: Own) {
  const { t } = useTranslation("profile");
  const [done, setDone] = useState<string>();
  const { account, reload } = own;
  if (account.local) return;
  const finish = (text: string, close: () => void) => () => {
    setDone(text);
    close();
    reload();
  };
  return (
    <SettingsSection title={t("factor.title")}>
      {account.secondFactor ? (
        <Foldable
          key="on"
          label={t("factor.on")}
          hint={t("factor.onHint", { count: account.recoveryCodesLeft })}
          action={t("factor.disable")}
          done={done}
        >
          {(close) => <Disable {...own} onCancel={close} onDone={finish(t("factor.ended"), close)} />}
        </Foldable>
      ) : (
        <Foldable
          key="off"
          label={t("factor.off")}
          hint={t("factor.offHint")}
          action={t("factor.setUp")}
          done={done}
        >
          {(close) => <EnrolFactor {...own} onCancel={close} onDone={finish(t("factor.done"), close)} />}
        </Foldable>
      )}
    </SettingsSection>
  );
}

export interface FactorStepProps extends Own {
  readonly onCancel: () => void;
  readonly onDone: () => void;
}

function Disable({ account, client, onCancel, onDone }: FactorStepProps) {
  const { t } = useTranslation("profile");
  const { proof, fields, missing, inputs } = useProof(true);
  const { send, clear, errorAt, form } = useProfileForm(fields, missing);
  const submit = async (): Promise<void> => {
    if (await send(() => client.disableSecondFactor(proof, requestSignal()))) onDone();
  };
  return (
    <ProfileForm
      {...form}
      danger
      submit={t("factor.disable")}
      onSubmit={() => void submit()}
      onCancel={onCancel}
    >
      <p className="text-small text-soft">{t("factor.disableHint")}</p>
      <ProofFields login={account.login} inputs={inputs} errorAt={errorAt} onType={clear} />
    </ProfileForm>
  );
}
