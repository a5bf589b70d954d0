export interface MarkdownProps {
  readonly text: string;
  /** More text may follow: the last block is parsed again with each change, those before it never. */
  readonly streaming: boolean;
}

/** An answer as rich text. */
export function Markdown({ text }: MarkdownProps) {
  return <p>{text}</p>;
}
