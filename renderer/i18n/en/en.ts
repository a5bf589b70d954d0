import { auth } from "./auth.ts";
import { chat } from "./chat.ts";
import { firstRun } from "./first-run.ts";
import { markdown } from "./markdown.ts";
import { model } from "./model.ts";
import { profile } from "./profile.ts";
import { settings } from "./settings.ts";
import { shell } from "./shell.ts";

/** All texts of the window, one namespace per area. */
export const en = { auth, chat, firstRun, markdown, model, profile, settings, shell } as const;
