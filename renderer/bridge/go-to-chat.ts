import { PipitError } from "#contract/pipit-error.ts";
import type { WindowBridge } from "./use-bridge.ts";

type Host = Pick<WindowBridge, "commands" | "views">;

/** Shows a stored chat in place of what is shown. One that cannot be shown is named where it would stand, with a way out. */
export async function openChat({ commands, views }: Host, chatId: string): Promise<void> {
  const opening = { chatId };
  const isOvertaken = () => views.store.getState().opening !== opening;
  views.setOpening(opening);
  views.closeDialog();
  views.show("chat");
  try {
    await commands.openChat({ chatId });
  } catch (reason) {
    const { code, message } = PipitError.from(reason);
    if (isOvertaken()) return;
    // What is asked below that is a new chat's.
    await views.attempt(commands.newChat());
    if (!isOvertaken()) views.setOpening({ ...opening, failure: { code, message } });
    return;
  }
  if (!isOvertaken()) views.setOpening(undefined);
}

/** Shows an empty chat; what was being opened is not shown any more. */
export async function newChat({ commands, views }: Host): Promise<void> {
  views.setOpening(undefined);
  views.show("chat");
  await views.attempt(commands.newChat());
}
