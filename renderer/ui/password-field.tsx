import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "./icon-button.tsx";
import { TextField, type TextFieldProps } from "./text-field.tsx";

/** A password, which its user can make readable for as long as they want. */
export function PasswordField(props: Omit<TextFieldProps, "type" | "end">) {
  const { t } = useTranslation("shell");
  const [readable, setReadable] = useState(false);
  const Icon = readable ? EyeOff : Eye;
  return (
    <TextField
      {...props}
      type={readable ? "text" : "password"}
      autoCapitalize="none"
      autoCorrect="off"
      spellCheck={false}
      end={
        <IconButton
          label={readable ? t("hidePassword") : t("showPassword")}
          size="small"
          aria-pressed={readable}
          onClick={() => setReadable(!readable)}
        >
          <Icon className="size-4" />
        </IconButton>
      }
    />
  );
}
