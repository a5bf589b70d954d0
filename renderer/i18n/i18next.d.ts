import type { en } from "./en/en.ts";
import type { lazyTexts } from "./lazy-texts.ts";

declare module "i18next" {
  interface CustomTypeOptions {
    readonly defaultNS: "shell";
    readonly resources: typeof en & (typeof lazyTexts)["en"];
  }
}
