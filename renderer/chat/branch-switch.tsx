import { ChevronLeft, ChevronRight, type LucideIcon } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { UserMessage } from "#contract/chat-state.ts";
import { useBridge, useChat } from "../bridge/use-bridge.ts";
import { IconButton } from "../ui/icon-button.tsx";

/** Within so many frames, a new row of the list is measured. */
const measureFrames = 20;

export interface BranchSwitchProps {
  readonly messageId: string;
  readonly branch: NonNullable<UserMessage["branch"]>;
}

/** "‹ 2/3 ›": which of the questions at this place is shown, with what follows it. */
export function BranchSwitch({ messageId, branch: { index, count, turnIds } }: BranchSwitchProps) {
  const { t } = useTranslation("chat");
  const { commands, views, ui } = useBridge();
  const busy = useChat((state) => state.activeMessageId !== undefined);
  const group = useRef<HTMLDivElement>(null);
  const place = turnIds[0];
  // The question that is shown next is another message: the focus goes along.
  useEffect(() => {
    const side = ui.takeBranchFocus(place);
    if (side === undefined) return undefined;
    const buttons = [...(group.current?.querySelectorAll("button") ?? [])];
    const sorted = side === "before" ? buttons : buttons.toReversed();
    const wanted = sorted.find(({ disabled }) => !disabled);
    // A row of the list is hidden, hence takes no focus, until it has been measured.
    let frames = 0;
    let frame = 0;
    const focus = () => {
      wanted?.focus();
      frames += 1;
      if (document.activeElement !== wanted && frames < measureFrames) frame = requestAnimationFrame(focus);
    };
    focus();
    return () => cancelAnimationFrame(frame);
  }, [ui, place]);
  const button = (side: "before" | "after", label: string, Icon: LucideIcon) => {
    const next = side === "before" ? index - 1 : index + 1;
    const show = async () => {
      ui.keepBranchFocus(place, side);
      const shown = await views.attempt(commands.switchBranch({ messageId, index: next }));
      if (!shown) ui.takeBranchFocus(place);
    };
    return (
      <IconButton
        size="small"
        className="disabled:opacity-40 pointer-coarse:size-11"
        label={label}
        disabled={busy || turnIds[next] === undefined}
        onClick={() => void show()}
      >
        <Icon aria-hidden="true" className="size-4 rtl:-scale-x-100" />
      </IconButton>
    );
  };
  const number = index + 1;
  return (
    <div
      ref={group}
      role="group"
      aria-label={t("branch", { number, total: count })}
      className="flex items-center"
    >
      {button("before", t("branchBefore"), ChevronLeft)}
      <span aria-hidden="true" className="min-w-7 text-center text-small text-soft tabular-nums">
        {[number, count].join("/")}
      </span>
      {button("after", t("branchAfter"), ChevronRight)}
    </div>
  );
}
