import { Markdown as PipitMarkdown } from "#renderer/markdown/markdown.tsx";
import { NaiveMarkdown } from "./naive-markdown.tsx";

const isNaive = new URLSearchParams(location.search).get("markdown") === "naive";

/** Stands in for Pipit's own where the benchmarks build the gallery. */
export const Markdown = isNaive ? NaiveMarkdown : PipitMarkdown;
