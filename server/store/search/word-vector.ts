/**
 * The text form of a tsvector: each stem once, at 1 with weight A when it is in the question, at 2 with B when it is in
 * the answer. The stems hold no quotes.
 */
export function vectorOf(question: string, answer: string): string {
  const asked = new Set(question.split(" "));
  const said = new Set(answer.split(" "));
  return [...new Set([...asked, ...said])]
    .filter((stem) => stem !== "")
    .map((stem) => {
      if (!said.has(stem)) return `'${stem}':1A`;
      return asked.has(stem) ? `'${stem}':1A,2B` : `'${stem}':2B`;
    })
    .join(" ");
}
