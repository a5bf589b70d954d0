import { existsSync } from "node:fs";

/** Debian's Chromium, as users have it. */
export const usualChromium = "/usr/bin/chromium";
const quickChromium = "/usr/bin/chromium-headless-shell";

/** For windows that are not shown: the same engine without a browser's own windows takes half the time, where it is. */
export const quickestChromium = existsSync(quickChromium) ? quickChromium : usualChromium;
