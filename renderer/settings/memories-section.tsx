import { useRef, useState, type SubmitEvent } from "react";
import { flushSync } from "react-dom";
import type { Memory } from "#contract/chat-state.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { SettingRow } from "./setting-row.tsx";
import { SettingsSection } from "./settings-section.tsx";
import { Button } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { Switch } from "../ui/switch.tsx";
import { TextField } from "../ui/text-field.tsx";
import { UnreadSection } from "./unread-section.tsx";
import { useMemories } from "./use-memories.ts";

type Memories = ReturnType<typeof useMemories>;

/** What the assistant remembers of the person: to see, search, add to, change, forget, and switch off. */
export function MemoriesSection() {
  const { t } = useLazyTexts("memories");
  const memories = useMemories();
  const { kept, busy, error } = memories;
  if (kept === undefined) return <UnreadSection title={t("title")} error={error} onRetry={memories.reload} />;
  return (
    <SettingsSection title={t("title")}>
      <SettingRow label={t("remembers")} hint={t("remembersHint")}>
        {(control) => (
          <Switch
            {...control}
            checked={kept.remembers}
            disabled={busy}
            onChange={(on) => void memories.switch(on)}
          />
        )}
      </SettingRow>
      <div className="flex flex-col gap-2 py-2.5">
        <MemoryForm label={t("new")} submit={t("add")} onSubmit={memories.add} />
        {error === undefined ? undefined : <ErrorNote error={error} />}
        <MemoryList list={kept.memories} memories={memories} />
        <p role="status" className="flex items-center gap-2 text-small text-soft empty:hidden">
          {memories.undo === undefined ? undefined : (
            <>
              {t("forgotten")}
              <Button size="small" disabled={busy} ref={takeLostFocus} onClick={memories.undo}>
                {t("undo")}
              </Button>
            </>
          )}
        </p>
      </div>
    </SettingsSection>
  );
}

/** What had the focus is gone, with its row. */
function takeLostFocus(button: HTMLButtonElement | null): void {
  if (document.activeElement === document.body) button?.focus();
}

function MemoryList({ list, memories }: { readonly list: readonly Memory[]; readonly memories: Memories }) {
  const { t } = useLazyTexts("memories");
  const [query, setQuery] = useState("");
  const wanted = query.trim().toLowerCase();
  const shown = list.filter(({ text }) => text.toLowerCase().includes(wanted));
  if (list.length === 0) return <p className="text-small text-soft">{t("empty")}</p>;
  return (
    <>
      <TextField
        label={t("search")}
        labelHidden
        type="search"
        placeholder={t("search")}
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || query === "") return;
          // Not back from the settings, as in the list of chats.
          event.preventDefault();
          setQuery("");
        }}
      />
      {shown.length === 0 ? <p className="text-small text-soft">{t("noHits")}</p> : undefined}
      <ul className="flex flex-col divide-y divide-hairline empty:hidden">
        {shown.map((memory) => (
          <MemoryRow key={memory.id} memory={memory} memories={memories} />
        ))}
      </ul>
    </>
  );
}

function MemoryRow({ memory, memories }: { readonly memory: Memory; readonly memories: Memories }) {
  const { t } = useLazyTexts("memories");
  const [editing, setEditing] = useState(false);
  const row = useRef<HTMLLIElement>(null);
  const { id, text } = memory;
  /** The focus goes to what stands there then. */
  const edit = (on: boolean): void => {
    flushSync(() => setEditing(on));
    row.current?.querySelector<HTMLElement>("input, button")?.focus();
  };
  const save = async (typed: string): Promise<boolean> => {
    const worked = await memories.change(id, typed);
    if (worked) edit(false);
    return worked;
  };
  if (editing) {
    return (
      <li ref={row} className="py-2">
        <MemoryForm
          label={t("text")}
          before={text}
          submit={t("save")}
          onSubmit={save}
          onCancel={() => edit(false)}
        />
      </li>
    );
  }
  return (
    <li ref={row} className="flex items-center gap-2 py-1.5">
      <bdi className="min-w-0 flex-1 wrap-anywhere">{text}</bdi>
      <Button size="small" aria-label={t("editOne", { text })} onClick={() => edit(true)}>
        {t("edit")}
      </Button>
      <Button
        size="small"
        aria-label={t("forgetOne", { text })}
        disabled={memories.busy}
        onClick={() => void memories.forget(memory)}
      >
        {t("forget")}
      </Button>
    </li>
  );
}

interface MemoryFormProps {
  readonly label: string;
  readonly before?: string;
  readonly submit: string;
  /** Tells whether it worked. */
  readonly onSubmit: (text: string) => Promise<boolean>;
  readonly onCancel?: () => void;
}

function MemoryForm({ label, before = "", submit, onSubmit, onCancel }: MemoryFormProps) {
  const { t } = useLazyTexts("memories");
  const [typed, setTyped] = useState(before);
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (typed.trim() !== "" && (await onSubmit(typed))) setTyped("");
  };
  return (
    <form
      onSubmit={(event) => void send(event)}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || onCancel === undefined) return;
        // Not back from the settings.
        event.preventDefault();
        onCancel();
      }}
      className="flex flex-wrap items-end justify-end gap-2"
    >
      <div className={`min-w-0 flex-1 ${onCancel === undefined ? "" : "basis-full"}`}>
        <TextField label={label} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />
      </div>
      <Button type="submit">{submit}</Button>
      {onCancel === undefined ? undefined : <Button onClick={onCancel}>{t("cancel")}</Button>}
    </form>
  );
}
