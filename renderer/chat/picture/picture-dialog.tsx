import { Dialog } from "#renderer/ui/dialog.tsx";

interface PictureDialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  /** What it is called, also to those who cannot see it. */
  readonly name: string;
  readonly url: string;
}

/** A sent picture as large as the window allows. */
export function PictureDialog({ open, onClose, name, url }: PictureDialogProps) {
  return (
    <Dialog open={open} onClose={onClose} title={name} shape="window">
      <img src={url} alt={name} className="min-h-0 flex-1 object-contain p-4 pt-0" />
    </Dialog>
  );
}
