import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { FactorEnrolment } from "#contract/own-account.ts";
import { CommandText } from "../ui/command-text.tsx";
import { TextField } from "../ui/text-field.tsx";
import { requestSignal } from "./own.ts";
import { ProfileForm } from "./profile-form.tsx";
import { ProofFields, useProof } from "./proof-fields.tsx";
import { RecoveryCodes } from "./recovery-codes.tsx";
import type { FactorStepProps } from "./second-factor.tsx";
import { useProfileForm } from "./use-profile-form.ts";

/** The password, then the app, then the recovery codes. Until the app's first code nothing has changed. */
export function EnrolFactor(props: FactorStepProps) {
  const [enrolment, setEnrolment] = useState<FactorEnrolment>();
  const [codes, setCodes] = useState<readonly string[]>();
  if (codes !== undefined) return <RecoveryCodes codes={codes} onDone={props.onDone} />;
  if (enrolment === undefined) return <Begin {...props} onBegun={setEnrolment} />;
  return <Confirm {...props} enrolment={enrolment} onConfirmed={setCodes} />;
}

interface BeginProps extends FactorStepProps {
  readonly onBegun: (enrolment: FactorEnrolment) => void;
}

function Begin({ account, client, onCancel, onBegun }: BeginProps) {
  const { t } = useTranslation("profile");
  const { proof, fields, missing, inputs } = useProof(false);
  const { send, clear, errorAt, form } = useProfileForm(fields, missing);
  const submit = () => send(async () => onBegun(await client.beginSecondFactor(proof, requestSignal())));
  return (
    <ProfileForm {...form} submit={t("factor.begin")} onSubmit={() => void submit()} onCancel={onCancel}>
      <ProofFields login={account.login} inputs={inputs} errorAt={errorAt} onType={clear} />
    </ProfileForm>
  );
}

interface ConfirmProps extends FactorStepProps {
  readonly enrolment: FactorEnrolment;
  readonly onConfirmed: (codes: readonly string[]) => void;
}

function Confirm({ client, enrolment, onCancel, onConfirmed }: ConfirmProps) {
  const { t } = useTranslation("profile");
  const [code, setCode] = useState("");
  const { send, clear, errorAt, form } = useProfileForm(["code"], {
    code: code.trim() === "" ? t("wrong.missing") : undefined,
  });
  const submit = () =>
    send(async () => onConfirmed(await client.confirmSecondFactor(code.trim(), requestSignal())));
  return (
    <ProfileForm {...form} submit={t("factor.confirm")} onSubmit={() => void submit()} onCancel={onCancel}>
      <p>{t("factor.scan")}</p>
      <QrCode svg={enrolment.qrSvg} />
      <div className="flex flex-col gap-1">
        <p className="text-small font-medium text-soft">{t("factor.key")}</p>
        <CommandText command={enrolment.secret} />
      </div>
      <TextField
        label={t("factor.firstCode")}
        hint={t("factor.firstCodeHint")}
        inputMode="numeric"
        autoComplete="one-time-code"
        autoFocus
        error={errorAt("code")}
        value={code}
        onChange={(event) => {
          setCode(event.currentTarget.value);
          clear();
        }}
      />
    </ProfileForm>
  );
}

/** As a picture: what the server drew can then do nothing but be seen. */
function QrCode({ svg }: { readonly svg: string }) {
  const { t } = useTranslation("profile");
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [svg]);
  return <img src={url} alt={t("factor.qr")} width={184} height={184} className="rounded-control" />;
}
