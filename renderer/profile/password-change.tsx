import { useState } from "react";
import { useTranslation } from "react-i18next";
import { brokenPasswordRules, PASSWORD_MAX_CHARS } from "#contract/account-rules.ts";
import { PasswordRules } from "../auth/password-rules.tsx";
import { SettingsSection } from "../settings/settings-section.tsx";
import { PasswordField } from "../ui/password-field.tsx";
import { Foldable } from "./foldable.tsx";
import { requestSignal, type Own } from "./own.ts";
import { ProfileForm } from "./profile-form.tsx";
import { KnownLogin } from "./proof-fields.tsx";
import { useProfileForm } from "./use-profile-form.ts";

/** Another password; it ends all other sessions, and says so before and after. */
export function PasswordChange(own: Own) {
  const { t } = useTranslation("profile");
  const [done, setDone] = useState<string>();
  return (
    <SettingsSection title={t("password.title")}>
      {own.account.local ? (
        <p className="py-2.5 text-soft">{t("password.none")}</p>
      ) : (
        <Foldable label={t("password.label")} hint={t("password.hint")} action={t("change")} done={done}>
          {(close) => (
            <NewPassword
              {...own}
              onCancel={close}
              onDone={() => {
                setDone(t("password.done"));
                close();
                own.reload();
              }}
            />
          )}
        </Foldable>
      )}
    </SettingsSection>
  );
}

interface NewPasswordProps extends Own {
  readonly onCancel: () => void;
  readonly onDone: () => void;
}

function NewPassword({ account, client, onCancel, onDone }: NewPasswordProps) {
  const { t } = useTranslation(["profile", "auth"]);
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const broken = brokenPasswordRules(next.normalize("NFC"), account.login);
  const rule = broken.length > 0 ? t("auth:register.passwordBroken") : undefined;
  const { send, clear, errorAt, form } = useProfileForm(["ownPassword", "password"], {
    ownPassword: old === "" ? t("wrong.missing") : undefined,
    password: rule ?? (next === old ? t("password.same") : undefined),
  });
  const submit = async (): Promise<void> => {
    if (await send(() => client.changePassword(old, next, requestSignal()))) onDone();
  };
  return (
    <ProfileForm {...form} submit={t("password.submit")} onSubmit={() => void submit()} onCancel={onCancel}>
      <KnownLogin login={account.login} />
      <PasswordField
        label={t("password.old")}
        autoComplete="current-password"
        error={errorAt("ownPassword")}
        value={old}
        onChange={(event) => {
          setOld(event.currentTarget.value);
          clear();
        }}
      />
      <div className="flex flex-col gap-2">
        <PasswordField
          label={t("password.new")}
          autoComplete="new-password"
          maxLength={PASSWORD_MAX_CHARS * 2}
          error={errorAt("password")}
          value={next}
          onChange={(event) => {
            setNext(event.currentTarget.value);
            clear();
          }}
        />
        <PasswordRules broken={broken} typed={next !== ""} />
      </div>
    </ProfileForm>
  );
}
