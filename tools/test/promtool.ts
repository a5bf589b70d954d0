import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { repositoryRoot, runCommand } from "./command.ts";

/** The rules that operators are given. */
export const alertRules = join(repositoryRoot, "docs/operations/alerts.rules.yml");

/** What Prometheus would have scraped, a sample a minute, and which alerts then fire. */
export interface AlertCase {
  readonly name: string;
  /** Values of series in promtool's notation, e.g. "up{job=\"pipit\"}": "1x60" and "0+5x60". */
  readonly series: Readonly<Record<string, string>>;
  readonly fires: readonly string[];
  /** Those that are looked at, where others depend on the machine; default: all. */
  readonly among?: readonly string[];
  /** When that is looked at. */
  readonly afterMinutes: number;
}

/**
 * Has Prometheus' own evaluation look which alerts fire; each case is a world of its own.
 *
 * @throws Error in promtool's words when others fire
 */
export async function testAlerts(cases: readonly AlertCase[], signal: AbortSignal): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "pipit-promtool-"));
  try {
    const file = join(folder, "alerts.test.yml");
    await writeFile(file, stringify({ rule_files: [alertRules], tests: cases.map(toTest) }));
    await promtool(["test", "rules", file], signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function toTest({ name, series, fires, among, afterMinutes }: AlertCase): object {
  const names = among === undefined ? "" : `,alertname=~"${among.join("|")}"`;
  return {
    name,
    interval: "1m",
    input_series: Object.entries(series).map(([one, values]) => ({ series: one, values })),
    promql_expr_test: [
      {
        // Alert rules write this series as they fire.
        expr: `count by (alertname) (ALERTS{alertstate="firing"${names}})`,
        eval_time: `${afterMinutes}m`,
        exp_samples: fires.map((alert) => ({ labels: `{alertname="${alert}"}`, value: 1 })),
      },
    ],
  };
}

/** Throws what it says when it finds fault. */
export async function promtool(args: readonly string[], signal: AbortSignal): Promise<string> {
  const { code, stdout, stderr } = await runCommand("promtool", args, {}, signal);
  if (code !== 0) throw new Error(`promtool ${args[0]} ${args[1]} ended with ${code}\n${stdout}${stderr}`);
  return stdout;
}
