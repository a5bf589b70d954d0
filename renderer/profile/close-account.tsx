import { useTranslation } from "react-i18next";
import { useBridge } from "../bridge/use-bridge.ts";
import { SettingsSection } from "../settings/settings-section.tsx";
import { Note } from "../ui/note.tsx";
import { Foldable } from "./foldable.tsx";
import { requestSignal, type Own } from "./own.ts";
import { ProfileForm } from "./profile-form.tsx";
import { ProofFields, useProof } from "./proof-fields.tsx";
import { useProfileForm } from "./use-profile-form.ts";

/** Switching the account off, by password and code. */
export function CloseAccount(own: Own) {
  const { t } = useTranslation("profile");
  if (own.account.local) return;
  return (
    <SettingsSection title={t("close.title")}>
      <Foldable danger label={t("close.label")} hint={t("close.hint")} action={t("close.action")}>
        {(close) => <Close {...own} onCancel={close} />}
      </Foldable>
    </SettingsSection>
  );
}

function Close({ account, client, onCancel }: Own & { readonly onCancel: () => void }) {
  const { t } = useTranslation("profile");
  const { commands, views } = useBridge();
  const { proof, fields, missing, inputs } = useProof(account.secondFactor);
  const { send, clear, errorAt, form } = useProfileForm(fields, missing);
  const submit = async (): Promise<void> => {
    const closed = await send(() => client.close(proof, requestSignal()));
    if (closed) await views.attempt(commands.signOut());
  };
  return (
    <ProfileForm
      {...form}
      danger
      submit={t("close.submit")}
      onSubmit={() => void submit()}
      onCancel={onCancel}
    >
      <Note tone="warning" title={t("close.hint")} />
      <ProofFields login={account.login} inputs={inputs} errorAt={errorAt} onType={clear} />
    </ProfileForm>
  );
}
