import { Check, Dot } from "lucide-react";
import { useTranslation } from "react-i18next";
import { PASSWORD_MIN_CHARS, type PasswordRule } from "#contract/account-rules.ts";

const rules: readonly PasswordRule[] = ["length", "capital", "small", "digit", "other", "without-login"];

interface PasswordRulesProps {
  readonly broken: readonly PasswordRule[];
  readonly typed: boolean;
}

/** The rules of passwords, each with whether what is typed keeps it. */
export function PasswordRules({ broken, typed }: PasswordRulesProps) {
  const { t } = useTranslation("auth");
  return (
    <ul
      aria-label={t("register.rules.label")}
      className="grid grid-cols-1 gap-x-4 gap-y-0.5 text-small text-soft min-[380px]:grid-cols-2"
    >
      {rules.map((rule) => {
        const kept = typed && !broken.includes(rule);
        const Icon = kept ? Check : Dot;
        return (
          <li key={rule} className={`flex items-start gap-1.5 ${kept ? "text-ink" : ""}`}>
            <Icon aria-hidden="true" className={`size-4 shrink-0 ${kept ? "text-accent" : ""}`} />
            <span>
              {t(`register.rules.${rule}`, { count: PASSWORD_MIN_CHARS })}
              <span className="sr-only">{kept ? t("register.rules.kept") : t("register.rules.open")}</span>
            </span>
          </li>
        );
      })}
    </ul>
  );
}
