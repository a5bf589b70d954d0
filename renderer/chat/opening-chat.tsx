import { useTranslation } from "react-i18next";
import { useBridge, useView } from "../bridge/use-bridge.ts";
import { newChat, openChat } from "../bridge/go-to-chat.ts";
import { Button } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";

/** In the place of a chat that is being opened, or why it cannot be shown. */
export function OpeningChat() {
  const { t } = useTranslation("shell");
  const bridge = useBridge();
  const opening = useView((state) => state.opening);
  if (opening?.failure === undefined)
    return (
      <p className="min-h-0 flex-1 animate-appear-late content-center text-center text-soft">
        {t("openingChat")}
      </p>
    );
  const { chatId, failure } = opening;
  return (
    <div className="flex min-h-0 flex-1 scroll-area">
      <div className="m-auto w-full max-w-panel px-4 py-8">
        <ErrorNote
          error={failure}
          actions={
            <>
              {failure.code === "CHAT_NOT_FOUND" ? undefined : (
                <Button onClick={() => void openChat(bridge, chatId)}>{t("tryAgain")}</Button>
              )}
              <Button onClick={() => void newChat(bridge)}>{t("newChat")}</Button>
              <Button onClick={() => bridge.views.open("chats")}>{t("chats")}</Button>
            </>
          }
        />
      </div>
    </div>
  );
}
