/** Speak this. */
export interface FliteJob {
  readonly text: string;
  readonly voice: string;
}

/** The voices inside the package, the clearest first. */
export const fliteVoices = ["slt", "rms", "awb", "kal16"] as const;
