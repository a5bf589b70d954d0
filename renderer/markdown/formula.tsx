import { renderToString } from "katex";
import { createElement, useMemo, type ReactNode } from "react";

export interface FormulaProps {
  readonly tex: string;
  readonly display: boolean;
  /** Shown for what KaTeX does not understand. */
  readonly fallback: ReactNode;
}

/** Longer formulas are shown as their source. */
const texMaxChars = 4_000;
const maxExpand = 300;
const maxSizeEm = 20;
const maxDepth = 200;

/**
 * What KaTeX may put into the page. Its MathML comes as text; elements are made of it one by one, so that nothing is
 * parsed as HTML and no attribute gets in that is not named here.
 */
const elements = new Set(
  (
    "math mrow mi mn mo mtext mspace ms mfrac msqrt mroot mstyle merror mpadded mphantom mfenced menclose msub msup " +
    "msubsup munder mover munderover mmultiscripts mtable mtr mtd mlabeledtr semantics"
  ).split(" "),
);
/** Attributes of MathML and their names in React, where they differ. */
const attributes = new Set(
  (
    "mathvariant mathsize mathcolor mathbackground displaystyle scriptlevel stretchy fence separator lspace rspace " +
    "minsize maxsize symmetric largeop movablelimits accent accentunder linethickness width height depth voffset " +
    "columnalign rowspacing columnspacing rowlines columnlines notation display form"
  ).split(" "),
);

/** A formula as MathML, which the browser sets by itself: no fonts and no style attributes. */
export function Formula({ tex, display, fallback }: FormulaProps) {
  const content = useMemo(() => renderTex(tex, display), [tex, display]);
  if (content === undefined) return fallback;
  return display ? (
    <div className="md-formula" tabIndex={0} role="group" aria-label={tex.slice(0, 200)}>
      {content}
    </div>
  ) : (
    content
  );
}

function renderTex(tex: string, display: boolean): ReactNode | undefined {
  if (tex.length > texMaxChars || nesting(tex) > maxDepth) return undefined;
  try {
    const mathml = renderToString(tex, {
      output: "mathml",
      displayMode: display,
      throwOnError: true,
      strict: "ignore",
      trust: false,
      maxExpand,
      maxSize: maxSizeEm,
    });
    const math = new DOMParser().parseFromString(mathml, "text/xml").querySelector("math");
    return math === null ? undefined : toElement(math, 0, 0);
  } catch {
    // KaTeX throws ParseError for anything that it does not know; the source says more than its message.
    return undefined;
  }
}

function nesting(tex: string): number {
  let depth = 0;
  let deepest = 0;
  for (const char of tex) {
    if (char === "{") depth += 1;
    else if (char === "}") depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** What text in our own font can show, slanted, so that a variable in a sentence looks as the sentence does. */
const letter = /^[a-z\u0400-\u045f]$/iu;

function isVariable(element: Element): boolean {
  return (
    element.localName === "mi" && !element.hasAttribute("mathvariant") && letter.test(element.textContent)
  );
}

function toElement(element: Element, key: number, depth: number): ReactNode {
  const name = element.localName;
  if (!elements.has(name) || depth > 2 * maxDepth) return null;
  const props: Record<string, string | number> = { key };
  if (isVariable(element)) props["className"] = "md-variable";
  for (const { name: attribute, value } of element.attributes) {
    if (attributes.has(attribute)) props[attribute] = value;
  }
  const children = [...element.childNodes].map((child, index) =>
    child instanceof Element ? toElement(child, index, depth + 1) : child.textContent,
  );
  return createElement(name, props, ...children);
}
