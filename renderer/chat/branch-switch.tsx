import { ChevronLeft, ChevronRight, type LucideIcon } from "lucide-react";
import { useEffectEvent, useLayoutEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { UserMessage } from "#contract/chat-state.ts";
import { useBridge, useChat } from "../bridge/use-bridge.ts";
import { IconButton } from "../ui/icon-button.tsx";

export interface BranchSwitchProps {
  readonly messageId: string;
  readonly branch: NonNullable<UserMessage["branch"]>;
}

/** "‹ 2/3 ›": which of the questions at this place is shown, with what follows it. */
export function BranchSwitch({ messageId, branch: { index, count, turnIds } }: BranchSwitchProps) {
  const { t } = useTranslation("chat");
  const { commands, views } = useBridge();
  const busy = useChat((state) => state.activeMessageId !== undefined);
  const group = useRef<HTMLDivElement>(null);
  /** Where the presses so far lead; they may come faster than branches are shown. */
  const wanted = useRef<number>(undefined);
  const show = async (next: number) => {
    if (!(await views.attempt(commands.switchBranch({ messageId, index: next })))) wanted.current = undefined;
  };
  const arrive = useEffectEvent(() => {
    if (wanted.current === index) wanted.current = undefined;
    else if (wanted.current !== undefined) void show(wanted.current);
  });
  useLayoutEffect(() => {
    const buttons = [...(group.current?.querySelectorAll("button") ?? [])];
    // At the end the focus turns round.
    if (document.activeElement instanceof HTMLButtonElement && document.activeElement.disabled)
      if (buttons.includes(document.activeElement)) buttons.find(({ disabled }) => !disabled)?.focus();
    arrive();
  }, [messageId, index]);
  const press = (step: -1 | 1) => {
    const next = (wanted.current ?? index) + step;
    if (turnIds[next] === undefined) return;
    const isFirst = wanted.current === undefined;
    wanted.current = next;
    if (isFirst) void show(next);
  };
  const button = (step: -1 | 1, label: string, Icon: LucideIcon) => (
    <IconButton
      size="small"
      className="disabled:opacity-40 pointer-coarse:size-11"
      label={label}
      disabled={busy || turnIds[index + step] === undefined}
      onClick={() => press(step)}
    >
      <Icon aria-hidden="true" className="size-4 rtl:-scale-x-100" />
    </IconButton>
  );
  const number = index + 1;
  return (
    <div
      ref={group}
      role="group"
      aria-label={t("branch", { number, total: count })}
      className="flex items-center"
    >
      {button(-1, t("branchBefore"), ChevronLeft)}
      <span aria-hidden="true" className="min-w-7 text-center text-small text-soft tabular-nums">
        {[number, count].join("/")}
      </span>
      {button(1, t("branchAfter"), ChevronRight)}
    </div>
  );
}
