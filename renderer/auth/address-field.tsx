import { useTranslation } from "react-i18next";
import { TextField, type TextFieldProps } from "../ui/text-field.tsx";
import type { ReadAddress } from "./server-address.ts";

/** A field for a server's address, which nothing corrects while it is typed. */
export function AddressField(props: TextFieldProps) {
  return (
    <TextField
      inputMode="url"
      autoComplete="url"
      autoCapitalize="none"
      spellCheck={false}
      placeholder="https://"
      maxLength={2048}
      {...props}
    />
  );
}

/** What is wrong with a typed server address, and the cure; nothing if it is fine. */
export function useAddressProblem(address: ReadAddress): string | undefined {
  const { t } = useTranslation("auth");
  switch (address.kind) {
    case "own":
    case "address":
      return undefined;
    case "insecure":
      return t("address.insecure", { host: address.host });
    case "invalid":
    case "credentials":
      return t(`address.${address.kind}`);
  }
}
