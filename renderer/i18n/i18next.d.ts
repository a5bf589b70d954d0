import type { en } from "./en/en.ts";

declare module "i18next" {
  interface CustomTypeOptions {
    readonly defaultNS: "shell";
    readonly resources: typeof en;
  }
}
