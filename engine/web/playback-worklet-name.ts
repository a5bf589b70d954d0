/** Under which the worklet registers its processor. */
export const PLAYBACK_WORKLET = "pipit-playback";
