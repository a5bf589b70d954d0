import { authSettings } from "./auth-settings.ts";
import {
  asideSettings,
  embeddingsSettings,
  modelSettings,
  semanticSettings,
  speechSettings,
  transcriptionSettings,
} from "./model-settings.ts";
import { serveSettings } from "./serve-settings.ts";
import type { Setting } from "./setting.ts";
import { tracesSettings } from "./traces-settings.ts";

/** Every setting, in the order in which operators read of them. */
export const allSettings: readonly Setting[] = [
  serveSettings,
  authSettings,
  modelSettings,
  asideSettings,
  speechSettings,
  embeddingsSettings,
  semanticSettings,
  transcriptionSettings,
  tracesSettings,
].flatMap((group): readonly Setting[] => Object.values(group));
