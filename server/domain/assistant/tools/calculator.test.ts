import { describe, expect, test } from "vitest";
import { createCalculator } from "./calculator.ts";
import { createEvaluate, EXPRESSION_MAX_CHARS } from "./calculator-engine.ts";
import { createCalculatorTool } from "./calculator-tool.ts";

const never = new AbortController().signal;
const evaluate = createEvaluate();
/** Where a calculation is to succeed, a busy machine may take its time to start the thread. */
const patient = { timeoutMs: 60_000 };

describe("expressions", () => {
  test.each([
    ["2+2*3", "8"],
    ["12% of 240", "28.8"],
    ["12% от 240", "28.8"],
    ["100 + 3%", "103"],
    ["0.1 + 0.2", "0.3"],
    ["7×8 =", "56"],
    ["9 ÷ 3 − 1", "2"],
    ["2**10", "1024"],
    ["√16 + √(9)", "7"],
    ["ln(e)", "1"],
    ["2π", "6.2831853071796"],
    ["factorial(25)", "15511210043330985984000000"],
    ["5 km to m", "5000 m"],
    ["20 celsius to fahrenheit", "68 fahrenheit"],
    ["sin(30 deg)", "0.5"],
    ["mean([1, 2, 6])", "3"],
    ["3 > 2", "true"],
  ])("%s is %s", (expression, result) => {
    expect(evaluate(expression)).toBe(result);
  });

  test.each([
    ["import({a: 1})", /import is not available/],
    ["createUnit('foo')", /createUnit is not available/],
    ["evaluate('1+1')", /evaluate is not available/],
    ["parse('1')", /parse is not available/],
    ["simplify('x+x')", /simplify is not available/],
    ["derivative('x^2', 'x')", /derivative is not available/],
    ["config({})", /config is not available/],
    ["ones(100000, 100000)", /ones is not available/],
    ["map([1], sqrt)", /map is not available/],
    ["f(x) = f(x - 1)", /one plain expression/],
    ["a = 1; a + 1", /one plain expression/],
    ["1:1000000000", /one plain expression/],
    ['{"a": 1}.a', /one plain expression/],
    ['cos.constructor("return process")()', /./],
    ['"a".constructor', /one plain expression/],
    ["sqrt", /a function, not a number/],
    ["", /nothing to calculate/],
    ["2 +", /Unexpected end/],
    ["x + 1", /Undefined symbol x/],
    ["1+".repeat(EXPRESSION_MAX_CHARS) + "1", /longer than 500 characters/],
    [`[${"1234567890,".repeat(44)}1]*1e30`, /too long to show/],
  ])("%s is refused with a reason", (expression, why) => {
    expect(() => evaluate(expression)).toThrow(why);
  });
});

describe("the calculator's thread", () => {
  test("calculates, also many at once, and after an error", async () => {
    await using calculator = createCalculator(patient);
    expect(await Promise.all(["1+1", "2+2"].map((sum) => calculator.run(sum, never)))).toEqual(["2", "4"]);
    await expect(calculator.run("x", never)).rejects.toThrow("Undefined symbol x");
    expect(await calculator.run("3+3", never)).toBe("6");
  });

  test("an endless calculation is stopped, and the next one works", async () => {
    await using calculator = createCalculator({ timeoutMs: 400 });
    await expect(calculator.run("factorial(10^9)", never)).rejects.toThrow("takes longer than 1 s");
    const next = async () => await calculator.run("1+1", never).catch(String);
    await expect.poll(next, { timeout: 30_000 }).toBe("2");
  });

  test("one person's endless calculation does not take another's with it", async () => {
    await using calculator = createCalculator(patient);
    const stop = new AbortController();
    const endless = calculator.run("factorial(10^9)", stop.signal);
    const other = calculator.run("1+1", never);
    const impatient = new AbortController();
    const waiting = calculator.run("2+2", impatient.signal);
    impatient.abort();
    await expect(waiting).rejects.toThrow(/abort/);
    stop.abort();
    await expect(endless).rejects.toThrow(/abort/);
    expect(await other).toBe("2");
  });

  test("an abort stops it at once", async () => {
    await using calculator = createCalculator(patient);
    await calculator.run("1", never);
    const stop = new AbortController();
    const endless = calculator.run("factorial(10^9)", stop.signal);
    stop.abort();
    await expect(endless).rejects.toThrow(/abort/);
    await expect(calculator.run("1", stop.signal)).rejects.toThrow(/abort/);
    expect(await calculator.run("1+1", never)).toBe("2");
  });

  test("it ends when idle and starts again", async () => {
    await using calculator = createCalculator({ ...patient, idleMs: 0 });
    expect(await calculator.run("1+1", never)).toBe("2");
    expect(await calculator.run("2+2", never)).toBe("4");
  });

  test("disposing rejects what is still waiting", async () => {
    const calculator = createCalculator(patient);
    const endless = calculator.run("factorial(10^9)", never);
    const failed = expect(endless).rejects.toThrow("has been stopped");
    await calculator[Symbol.asyncDispose]();
    await failed;
    await expect(calculator.run("1", never)).rejects.toThrow("has been stopped");
  });
});

describe("the calculator tool", () => {
  test("gives the model the result and the person a line", async () => {
    await using calculator = createCalculator(patient);
    const tool = createCalculatorTool(calculator);
    expect(tool.inputSchema).toMatchObject({
      type: "object",
      required: ["expression"],
      properties: { expression: { type: "string" } },
    });
    expect(await tool.run({ expression: "6*7" }, never)).toEqual({
      value: { expression: "6*7", result: "42" },
      summary: "6*7 = 42",
    });
  });

  test.each([
    [{ expression: "x+1" }, "Error: Undefined symbol x"],
    [{}, "Error: expression: Invalid input: expected string, received undefined"],
    [{ expression: "1".repeat(501) }, "Error: expression: Too big: expected string to have <=500 characters"],
  ])("%j is a failed result, not a throw", async (input, value) => {
    await using calculator = createCalculator(patient);
    const result = await createCalculatorTool(calculator).run(input, never);
    expect(result).toMatchObject({ failed: true, value });
  });
});
