import { createRequire } from "node:module";
import type * as MathJs from "mathjs";

/** Longest expression, in characters. */
export const EXPRESSION_MAX_CHARS = 500;
/** Longest result, in characters. */
const RESULT_MAX_CHARS = 500;

/**
 * The functions that may be called. A list of what is allowed, because mathjs has functions that run text as code, change the
 * instance, or make a matrix of any size from two numbers, which would end the whole process by lack of memory.
 */
const FUNCTIONS: ReadonlySet<string> = new Set(
  [
    "abs add cbrt ceil cube divide exp expm1 fix floor gcd hypot lcm log log10 log1p log2 ln mod multiply nthRoot pow",
    "round sign sqrt square subtract unaryMinus invmod",
    "sin cos tan cot sec csc asin acos atan atan2 acot asec acsc sinh cosh tanh asinh acosh atanh",
    "factorial gamma combinations permutations erf isPrime",
    "mean median mode std variance sum prod min max mad quantileSeq",
    "re im arg conj complex fraction bignumber number unit to hex bin oct",
    "bitAnd bitOr bitXor bitNot leftShift rightArithShift",
    "dot cross det inv transpose norm",
    "and or not xor equal unequal larger smaller largerEq smallerEq",
  ].flatMap((line) => line.split(" ")),
);
/** What an expression may consist of: no assignments, blocks, ranges, objects, indices or functions of one's own. */
const NODES: ReadonlySet<string> = new Set([
  "ArrayNode",
  "ConditionalNode",
  "ConstantNode",
  "FunctionNode",
  "OperatorNode",
  "ParenthesisNode",
  "RelationalNode",
  "SymbolNode",
]);

/** Evaluates one expression. Throws Error with the reason in plain words. */
export type Evaluate = (expression: string) => string;

/**
 * A calculator on mathjs in decimal arithmetic (0.1 + 0.2 is 0.3) with an allow-list of functions. It runs in a worker
 * (calculator-worker.ts), because an expression can be small and endless; only tests call it directly.
 */
export function createEvaluate(): Evaluate {
  // The one-file build loads in 50 ms; the modules of the package entry take 500 ms.
  const load = createRequire(import.meta.url);
  const { create, all = {} } = load("mathjs/lib/browser/math.js") as typeof MathJs;
  const math = create(all);
  // Not as an argument of `create`: the one-file build of the library ignores it there.
  math.config({ number: "BigNumber", precision: 40 });
  return (expression) => {
    if (expression.length > EXPRESSION_MAX_CHARS) {
      throw new Error(`the expression is longer than ${EXPRESSION_MAX_CHARS} characters`);
    }
    const tree = math.parse(normalize(expression));
    tree.traverse((node) => refuseUnsafe(node));
    const value: unknown = tree.compile().evaluate({});
    const text = formatResult(math, value);
    if (text.length > RESULT_MAX_CHARS) throw new Error("the result is too long to show");
    return text;
  };
}

function refuseUnsafe(node: MathJs.MathNode): void {
  if (!NODES.has(node.type)) throw new Error("only one plain expression can be calculated");
  if (node.type !== "FunctionNode") return;
  const { fn } = node as MathJs.FunctionNode;
  const name = typeof fn === "string" ? fn : fn.name;
  if (!FUNCTIONS.has(name)) throw new Error(`the function ${name} is not available here`);
}

/** What people and models write, in the words of mathjs: "12% of 240", "7×8", "√9", "2**3". */
function normalize(expression: string): string {
  return expression
    .replace(/[×·✕]/g, "*")
    .replace(/[÷∶]/g, "/")
    .replace(/[−–—]/g, "-")
    .replace(/\*\*/g, "^")
    .replace(/√\s*\(/g, "sqrt(")
    .replace(/√\s*(\d+(?:\.\d+)?)/g, "sqrt($1)")
    .replace(/π/g, "pi")
    .replace(/\bln\s*\(/gi, "log(")
    .replace(/(\d)\s*%\s*(?:of|от)\s+/gi, "$1/100*")
    .replace(/[\s=?]+$/, "")
    .trim();
}

function formatResult(math: MathJs.MathJsInstance, value: unknown): string {
  if (typeof value === "function") throw new Error("the result is a function, not a number");
  if (value === undefined) throw new Error("there is nothing to calculate");
  const whole = math.isBigNumber(value) && value.isInteger();
  // Whole numbers keep their digits; others are rounded to what a person reads.
  return math.format(value, { precision: whole ? 40 : 14, lowerExp: -9, upperExp: whole ? 40 : 21 });
}
