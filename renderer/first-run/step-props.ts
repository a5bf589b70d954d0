/** What each step of the first run is given. */
export interface StepProps {
  /** What this step asks for is done. */
  readonly onDone: () => void;
}
