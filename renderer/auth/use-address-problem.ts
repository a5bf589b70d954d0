import { useTranslation } from "react-i18next";
import type { ReadAddress } from "./server-address.ts";

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
