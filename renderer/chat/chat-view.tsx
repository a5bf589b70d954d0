import { answerText } from "#contract/chat-state.ts";
import { useChat } from "../bridge/use-bridge.tsx";
import { Markdown } from "../markdown/markdown.tsx";

/** The conversation and the composer. */
export function ChatView() {
  const messages = useChat((state) => state.messages);
  return (
    <div>
      {messages.map((message) => (
        <Markdown
          key={message.id}
          text={message.role === "user" ? message.text : answerText(message)}
          streaming={false}
        />
      ))}
    </div>
  );
}
