import { Paperclip } from "lucide-react";
import { useRef, useState, type DragEvent } from "react";
import { useTranslation } from "react-i18next";

function carriesFiles(event: DragEvent): boolean {
  return event.dataTransfer.types.includes("Files");
}

/** Handlers for an area that takes files, and whether some are held over it. */
export function useDrop(take: (files: readonly File[]) => Promise<void>) {
  const [over, setOver] = useState(false);
  /** Each child that is entered and left reports too. */
  const depth = useRef(0);
  const handlers = {
    onDragEnter: (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      depth.current += 1;
      setOver(true);
    },
    onDragOver: (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
    },
    onDragLeave: () => {
      depth.current = Math.max(0, depth.current - 1);
      if (depth.current === 0) setOver(false);
    },
    onDrop: (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      depth.current = 0;
      setOver(false);
      void take([...event.dataTransfer.files]);
    },
  };
  return [over, handlers] as const;
}

/** Says where a file that is held over the window would go. */
export function DropVeil({ text }: { readonly text?: string }) {
  const { t } = useTranslation("chat");
  return (
    <div className="pointer-events-none absolute inset-2 z-10 flex flex-col items-center justify-center gap-2 rounded-card border-2 border-dashed border-accent bg-ground text-title text-accent opacity-95">
      <Paperclip aria-hidden="true" className="size-6" />
      {text ?? t("dropHere")}
    </div>
  );
}
