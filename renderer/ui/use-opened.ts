import { useState } from "react";

/** True from the first time that a dialog opens: it stays, to close as a dialog does. */
export function useOpened(open: boolean): boolean {
  const [opened, setOpened] = useState(open);
  if (open && !opened) setOpened(true);
  return opened;
}
