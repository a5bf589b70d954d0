/** More is to come. As high as the actions whose place it holds, so that nothing moves when the answer is complete. */
export function Caret({ label }: { readonly label: string }) {
  return (
    <div className="flex h-6 items-center">
      <span
        role="img"
        aria-label={label}
        className="size-2 rounded-full bg-accent motion-safe:animate-pulse"
      />
    </div>
  );
}
