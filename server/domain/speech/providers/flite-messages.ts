/** Parent to child: speak this. */
export interface FliteJob {
  readonly id: number;
  readonly text: string;
  readonly voice: string;
}
/** Child to parent: a WAVE file, or why there is none. */
export type FliteReply =
  | { readonly id: number; readonly wav: Uint8Array }
  | { readonly id: number; readonly error: string };

/** The voices inside the package, the clearest first. */
export const fliteVoices = ["slt", "rms", "awb", "kal16"] as const;
