/** A combination of keys, as they are written on them: `["Ctrl", "K"]`. */
export function Kbd({ keys }: { readonly keys: readonly string[] }) {
  return (
    <span className="inline-flex shrink-0 items-center gap-1">
      {keys.map((key) => (
        <kbd
          key={key}
          className="inline-flex h-5 min-w-5 items-center justify-center rounded-small border border-hairline bg-sunken px-1 font-sans text-caption text-soft"
        >
          {key}
        </kbd>
      ))}
    </span>
  );
}
