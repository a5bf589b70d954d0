import { Paperclip } from "lucide-react";
import { useRef } from "react";
import { IconButton } from "#renderer/ui/icon-button.tsx";

interface FileButtonProps {
  readonly label: string;
  /** Which files the system's dialog offers; absent: all. */
  readonly accept?: string;
  readonly onFiles: (files: readonly File[]) => void;
  readonly className?: string;
}

/** Opens the system's dialog for files. */
export function FileButton({ label, accept, onFiles, className }: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton label={label} className={className} onClick={() => input.current?.click()}>
        <Paperclip className="size-4" />
      </IconButton>
      <input
        ref={input}
        type="file"
        accept={accept}
        multiple
        hidden
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          // The same file can be chosen again.
          event.target.value = "";
        }}
      />
    </>
  );
}
