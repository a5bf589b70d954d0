import { version } from "./version.ts";

/** Put in its place by the build (vite.electron.config.ts): the commit that it was made from, "" without git. */
declare const PIPIT_COMMIT: string | undefined;

/** What tells two builds of one version apart, e.g. "0.1.0+ce0945bb12"; the version alone where a program runs from its sources. */
export const buildId: string =
  typeof PIPIT_COMMIT === "string" && PIPIT_COMMIT !== "" ? `${version}+${PIPIT_COMMIT}` : version;
