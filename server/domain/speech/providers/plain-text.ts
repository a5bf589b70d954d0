/**
 * Text that a speech program reads as text only: no control characters (eSpeak NG takes commands after Ctrl-A), no
 * double brackets (phonemes in eSpeak NG, commands in `say`), no markup. SSML is off as well; this is the second lock.
 */
export function plainText(text: string): string {
  return text
    .replaceAll(/\p{Cc}/gu, " ")
    .replaceAll(/[[\]<>{}|\\^]/gu, " ")
    .replaceAll(/\s+/gu, " ")
    .trim();
}
