import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { DISPLAY_NAME_MAX_CHARS } from "#contract/account-rules.ts";
import { SettingsSection } from "../settings/settings-section.tsx";
import { TextField } from "../ui/text-field.tsx";
import { requestSignal, type Own } from "./own.ts";
import { ProfileForm } from "./profile-form.tsx";
import { useProfileForm } from "./use-profile-form.ts";

/** Name, what Pipit knows of the user, and the address. */
export function AboutYou({ account, client, reload }: Own) {
  const { t, i18n } = useTranslation("profile");
  const [typed, setTyped] = useState({
    displayName: account.displayName,
    about: account.about,
    email: account.email,
  });
  const [saved, setSaved] = useState(false);
  const missing = { display_name: typed.displayName.trim() === "" ? t("wrong.display_name") : undefined };
  const { send, clear, errorAt, form } = useProfileForm(["display_name", "about", "email"], missing);
  const type = (field: keyof typeof typed) => (value: string) => {
    setTyped((before) => ({ ...before, [field]: value }));
    setSaved(false);
    clear();
  };
  const save = async (): Promise<void> => {
    const worked = await send(() => client.changeProfile(typed, requestSignal()));
    setSaved(worked);
    if (worked) reload();
  };
  const since = new Intl.DateTimeFormat(i18n.language, { dateStyle: "long" }).format(account.createdAtMs);
  return (
    <SettingsSection title={t("you.title")}>
      <div className="flex flex-wrap justify-between gap-x-4 py-2.5">
        <p className="wrap-anywhere">
          <span className="text-soft">{t("you.login")}</span> {account.login}
        </p>
        <p className="text-soft">{t("you.since", { date: since })}</p>
      </div>
      <div className="py-2.5">
        <ProfileForm {...form} submit={t("save")} onSubmit={() => void save()}>
          <TextField
            label={t("you.name")}
            hint={t("you.nameHint")}
            autoComplete="name"
            maxLength={DISPLAY_NAME_MAX_CHARS * 2}
            error={errorAt("display_name")}
            value={typed.displayName}
            onChange={(event) => type("displayName")(event.currentTarget.value)}
          />
          <AboutField value={typed.about} error={errorAt("about")} onType={type("about")} />
          <TextField
            label={t("you.email")}
            hint={t("you.emailHint")}
            type="email"
            autoComplete="email"
            error={errorAt("email")}
            value={typed.email}
            onChange={(event) => type("email")(event.currentTarget.value)}
          />
        </ProfileForm>
        <p role="status" className="pt-1 text-small text-accent empty:hidden">
          {saved ? t("saved") : ""}
        </p>
      </div>
    </SettingsSection>
  );
}

interface AboutFieldProps {
  readonly value: string;
  readonly error: string | undefined;
  readonly onType: (value: string) => void;
}

/** Several lines. */
function AboutField({ value, error, onType }: AboutFieldProps) {
  const { t } = useTranslation("profile");
  const id = useId();
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-small font-medium text-soft">
        {t("you.about")}
      </label>
      <textarea
        id={id}
        rows={3}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-note`}
        value={value}
        onChange={(event) => onType(event.currentTarget.value)}
        className="w-full resize-y rounded-control border border-control bg-ground px-3 py-1.5 text-body text-ink aria-invalid:border-danger"
      />
      <p id={`${id}-note`} className={`text-small ${error === undefined ? "text-soft" : "text-danger"}`}>
        {error ?? t("you.aboutHint")}
      </p>
    </div>
  );
}
