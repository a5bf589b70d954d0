import { Check, Copy } from "lucide-react";
import { memo, useMemo, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useBridge } from "../bridge/use-bridge.ts";
import { codeChunks } from "./code-chunks.ts";
import type { CodeToken } from "./highlight-tokens.ts";
import { useGrowingHighlight } from "./use-growing-highlight.ts";
import { useHighlight } from "./use-highlight.ts";

export interface CodeBlockProps {
  readonly code: string;
  /** As written behind the fence, e.g. "ts"; empty when there was none. */
  readonly language: string;
  /** More may come: lines are coloured as they are complete. */
  readonly open: boolean;
}

/** Fenced or indented code with its language, a copy button, and colours as soon as the worker has them. */
export const CodeBlock = memo(function CodeBlock({ code, language, open }: CodeBlockProps) {
  const { t } = useTranslation("markdown");
  const box = useRef<HTMLElement>(null);
  const plain = useMemo(() => codeChunks(code), [code]);
  const coloured = useHighlight(code, language.toLowerCase(), open, box);
  const growing = useGrowingHighlight(code, language.toLowerCase(), open);
  const name = language === "" ? t("code") : t("codeIn", { language });
  return (
    <figure className="md-code" ref={box}>
      <div className="md-code-bar">
        <span>{language === "" ? t("code") : language}</span>
        <CopyButton text={code} />
      </div>
      <pre tabIndex={0} dir="ltr" role="group" aria-label={name} data-highlighted={coloured !== undefined}>
        <code>
          {plain.map((chunk, index) => (
            <CodeChunk
              key={index}
              text={chunk}
              tokens={(coloured ?? growing)[index]}
              skippable={plain.length > 2}
            />
          ))}
        </code>
      </pre>
    </figure>
  );
});

interface CodeChunkProps {
  readonly text: string;
  /** What of `text` is coloured, from its beginning on. */
  readonly tokens: readonly CodeToken[] | undefined;
  readonly skippable: boolean;
}

const CodeChunk = memo(function CodeChunk({ text, tokens = noTokens, skippable }: CodeChunkProps) {
  return (
    <span className="md-code-chunk" data-skippable={skippable}>
      <Tokens tokens={tokens} />
      {text.slice(tokens.reduce((sum, token) => sum + token.text.length, 0))}
    </span>
  );
});

const noTokens: readonly CodeToken[] = [];

/** Apart from the line that grows, with which it is not drawn again. */
const Tokens = memo(function Tokens({ tokens }: { readonly tokens: readonly CodeToken[] }) {
  return tokens.map(renderToken);
});

function renderToken({ text, kind }: CodeToken, index: number): ReactNode {
  return kind === undefined ? (
    text
  ) : (
    <span key={index} className={`md-${kind}`}>
      {text}
    </span>
  );
}

type CopyState = "ready" | "copied" | "failed";

/** Says that it copied until it is left; without a clock. */
const CopyButton = memo(function CopyButton({ text }: { readonly text: string }) {
  const { t } = useTranslation("markdown");
  const { commands } = useBridge();
  const [state, setState] = useState<CopyState>("ready");
  const copy = (): void => {
    setState("ready");
    commands.copyText({ text }).then(
      () => setState("copied"),
      () => setState("failed"),
    );
  };
  const forget = (): void => setState("ready");
  const said = { ready: "", copied: t("copied"), failed: t("copyFailed") }[state];
  return (
    <>
      <span aria-live="polite" className="md-code-said">
        {said}
      </span>
      <button
        type="button"
        aria-label={t("copyCode")}
        title={t("copyCode")}
        onClick={copy}
        onBlur={forget}
        onPointerLeave={forget}
      >
        {state === "copied" ? <Check aria-hidden size={14} /> : <Copy aria-hidden size={14} />}
      </button>
    </>
  );
});
