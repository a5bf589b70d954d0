/**
 * A program of ours that lies beside the caller's file: `NAME.ts` among the sources, `NAME.js` when built, where all
 * files of one program are in one folder.
 */
export function ownProgram(name: string, callerUrl: string): URL {
  const suffix = callerUrl.endsWith(".ts") ? "ts" : "js";
  return new URL(`./${name}.${suffix}`, callerUrl);
}
