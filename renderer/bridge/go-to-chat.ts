import { PipitError } from "#contract/pipit-error.ts";
import type { WindowBridge } from "./use-bridge.ts";

type Host = Pick<WindowBridge, "commands" | "views" | "ui">;

/**
 * Shows a stored chat in place of what is shown. One that cannot be shown is named where it would stand, with a way out.
 *
 * @param turnId the exchange that is looked for in it
 */
export async function openChat(
  { commands, views, ui }: Host,
  chatId: string,
  turnId?: string,
): Promise<void> {
  const opening = { chatId };
  const isOvertaken = () => views.store.getState().opening !== opening;
  views.setOpening(opening);
  views.closeDialog();
  views.show("chat");
  ui.seek(turnId);
  try {
    await commands.openChat({ chatId, ...(turnId !== undefined && { turnId }) });
  } catch (reason) {
    const { code, message } = PipitError.from(reason);
    if (isOvertaken()) return;
    if (code === "TURN_NOT_FOUND") {
      // Its chat is shown.
      ui.seek(undefined);
      views.setOpening(undefined);
      views.report({ code, message });
      return;
    }
    // What is asked below that is a new chat's.
    await views.attempt(commands.newChat());
    if (!isOvertaken()) views.setOpening({ ...opening, failure: { code, message } });
    return;
  }
  if (!isOvertaken()) views.setOpening(undefined);
}

/** Shows an empty chat; what was being opened is not shown any more. */
export async function newChat(
  { commands, views, ui }: Host,
  kind?: "temporary" | { readonly projectId: string },
): Promise<void> {
  views.setOpening(undefined);
  ui.seek(undefined);
  views.show("chat");
  const begin = () => {
    if (kind === undefined) return commands.newChat();
    return kind === "temporary" ? commands.newTemporaryChat() : commands.newChatInProject(kind);
  };
  await views.attempt(begin());
}
