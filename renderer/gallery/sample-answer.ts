/** What one section of the sample answer holds: prose, a list, code, math, a table, a quotation. */
function section(index: number): string {
  return `## Step ${index}: the part with number ${index}

The *running* total of step ${index} is **${index * 17}**, see [the notes](https://example.org/notes/${index}) or
https://example.org/auto/${index}. Inline code such as \`total[${index}] += ${index}\` and inline math such as
$a_${index}^2 + b_${index}^2 = c_${index}^2$ stand in the middle of ordinary sentences, which go on for a while so that a
paragraph has the length that paragraphs of answers have.

- first point of ${index}, with some **bold** and ~~struck~~ words
- second point, which holds a list of its own:
  - nested ${index}.1
  - nested ${index}.2
- [x] a task that is done

\`\`\`ts
export function step${index}(values: readonly number[]): number {
  let total = ${index}; // where it starts
  for (const value of values) {
    if (value > ${index * 3}) total += value * ${index};
    else console.log(\`skipped \${value} in step ${index}\`);
  }
  return total;
}
\`\`\`

The sum of it all, written out:

$$
\\sum_{k=1}^{${index}} k^2 = \\frac{${index}(${index}+1)(2\\cdot ${index}+1)}{6}
$$

| name | value | note |
| :--- | ----: | :--: |
| alpha | ${index} | first |
| beta | ${index * 2} | \`second\` |
| gamma | ${index * 3} | **third** |

> Remember ${index}: what is quoted here\\
> goes on over two lines.

1. Take the result of step ${index}.
2. Carry it to the next one.

`;
}

/** A long answer of every kind of block, the same in each run. Its last section may be cut. */
export function sampleAnswer(lengthChars: number): string {
  const parts: string[] = [];
  for (let length = 0, index = 1; length < lengthChars; index += 1) {
    const text = section(index);
    parts.push(text);
    length += text.length;
  }
  return parts.join("").slice(0, lengthChars);
}
