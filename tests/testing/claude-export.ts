/** An export as Claude writes them: a chat called "Terns", and one in which nothing was said. */
export function claudeExport(): string {
  const created_at = "2025-01-02T03:04:05Z";
  const message = (uuid: string, sender: string, text: string) => ({ uuid, sender, text, created_at });
  const chat = (name: string, ...chat_messages: readonly object[]) => ({
    uuid: name,
    name,
    created_at,
    updated_at: created_at,
    chat_messages,
  });
  return JSON.stringify([
    chat("Terns", message("q", "human", "Do terns dive?"), message("a", "assistant", "Yes.")),
    chat("Nothing said"),
  ]);
}
