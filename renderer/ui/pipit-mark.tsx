import { MARK_BODY, MARK_LEGS } from "#contract/pipit-mark-paths.ts";

/** The bird, in the colour of the text around it. Decoration: a name for it, if any, stands in a text. */
export function PipitMark({ className }: { readonly className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={className} fill="none" aria-hidden="true" focusable="false">
      <path fill="currentColor" fillRule="evenodd" d={MARK_BODY} />
      <path stroke="currentColor" strokeWidth="2" strokeLinecap="round" d={MARK_LEGS} />
    </svg>
  );
}
