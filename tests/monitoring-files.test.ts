import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import metadata from "../package.json" with { type: "json" };
import { createMetrics } from "#server/observe/metrics.ts";
import { quietSources } from "#server/testing/metric-sources.ts";

const folder = join(import.meta.dirname, "../docs/operations");

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: {
    readonly summary: string;
    readonly description: string;
    readonly runbook_url: string;
  };
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly legendFormat: string;
  }[];
}

/** Of Prometheus itself, and of its prober, which asks as people do. */
const foreign = ["up", "probe_success", "probe_ssl_earliest_cert_expiry"];
/** Labels that Prometheus itself adds, by metric or everywhere. */
const everywhere = ["instance", "job", "le"];

/** Every sample's name with its labels, after each was used once. */
async function exposed(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const metrics = createMetrics(quietSources);
  metrics.tokenRequest("password", "success", 1, "pipit-cli");
  metrics.failedLogin("wrong-password");
  metrics.refreshRotation("rotated");
  metrics.passwordGrant("pipit-cli");
  metrics.authenticatedRequest("bearer");
  metrics.httpRequest("/health", 200, 1);
  metrics.roomLag(1);
  metrics.socketClosed("peer");
  metrics.syncLag(1);
  metrics.programEvent("success");
  metrics.certificateExpires(1);
  metrics.removed("chats", 1);
  metrics.turnEnded("done");
  metrics.modelFailed("MODEL_FAILED");
  metrics.sentenceSpoken("flite", "spoken", 1);
  metrics.rpc("service/method", "ok", 1);
  metrics.database.statement("select", 1);
  const names = new Map<string, Set<string>>();
  for (const [, name = "", labels = ""] of (await metrics.text()).body.matchAll(
    /^([a-z_]\w*)(?:\{(.*)\})? /gm,
  )) {
    const known = names.get(name) ?? new Set(everywhere);
    for (const [, label = ""] of labels.matchAll(/(\w+)="/g)) known.add(label);
    names.set(name, known);
  }
  for (const name of foreign) names.set(name, new Set(everywhere));
  return names;
}

const functions =
  /^(abs|sum|min|max|avg|topk|by|and|or|time|rate|increase|changes|delta|histogram_quantile|min_over_time)$/;

/** The names of metrics in a query, and the labels it speaks of. */
function namesIn(query: string): { readonly metrics: readonly string[]; readonly labels: readonly string[] } {
  const labels: string[] = [];
  const bare = query
    .replaceAll(/\{([^}]*)\}/g, (_, inside: string) => {
      labels.push(...[...inside.matchAll(/(\w+)\s*[=!]/g)].map(([, name = ""]) => name));
      return "";
    })
    .replaceAll(/\bby\s*\(([^)]*)\)/g, (_, inside: string) => {
      labels.push(...inside.split(",").map((name) => name.trim()));
      return "";
    })
    .replaceAll(/\[\d+[smhd]\]/g, "");
  const words = [...bare.matchAll(/[a-z_]\w*/gi)].map(([word]) => word);
  return { metrics: words.filter((word) => !functions.test(word)), labels };
}

/** The name that a histogram has in the guide. */
function familyOf(sample: string): string {
  return sample.replace(/_(bucket|count|sum)$/, "");
}

function expectQuery(query: string, names: ReadonlyMap<string, ReadonlySet<string>>): void {
  const { metrics, labels } = namesIn(query);
  expect(metrics, query).not.toEqual([]);
  for (const metric of metrics) expect([...names.keys()], query).toContain(metric);
  const known = metrics.flatMap((metric) => [...(names.get(metric) ?? [])]);
  for (const label of labels) expect(known, query).toContain(label);
  let depth = 0;
  for (const [bracket] of query.matchAll(/[()]/g)) {
    depth += bracket === "(" ? 1 : -1;
    expect(depth, query).toBeGreaterThanOrEqual(0);
  }
  expect(depth, query).toBe(0);
}

describe("the files for monitoring", () => {
  let names: ReadonlyMap<string, ReadonlySet<string>>;
  let guide: string;
  beforeAll(async () => {
    names = await exposed();
    guide = await readFile(join(folder, "monitoring.md"), "utf8");
  });

  test("[O22] alerts ask for metrics and labels that the server has, and say what to do", async () => {
    const file = parse(await readFile(join(folder, "alerts.rules.yml"), "utf8")) as {
      groups: readonly { name: string; rules: readonly Rule[] }[];
    };
    const rules = file.groups.flatMap((group) => group.rules);
    const runbooks = `${metadata.homepage}/docs/operations/monitoring.md`;
    for (const rule of rules) {
      expect(Object.keys(rule).filter((key) => !/^(alert|expr|for|labels|annotations)$/.test(key))).toEqual(
        [],
      );
      expectQuery(rule.expr, names);
      if (rule.for !== undefined) expect(rule.for).toMatch(/^\d+[smh]$/);
      expect(rule.labels.severity).toMatch(/^(warning|critical)$/);
      expect(rule.annotations.summary).not.toBe("");
      expect(rule.annotations.description).not.toBe("");
      expect(rule.annotations.runbook_url).toBe(`${runbooks}#${rule.alert.toLowerCase()}`);
      expect(guide).toContain(`\n### ${rule.alert}\n`);
    }
    expect(rules.map(({ alert }) => alert)).toEqual(
      expect.arrayContaining([
        "PipitManyFailedLogins",
        "PipitSlowTokenRequests",
        "PipitDatabaseDown",
        "PipitRedisDown",
        "PipitRefreshTokenReuse",
      ]),
    );
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });

  test("the dashboard shows every metric of the server and no other, and its panels fit together", async () => {
    const dashboard = JSON.parse(await readFile(join(folder, "grafana-dashboard.json"), "utf8")) as {
      uid: string;
      panels: readonly Panel[];
    };
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const taken = new Set<string>();
    const shown = new Set<string>();
    for (const { type, title, gridPos, targets = [] } of dashboard.panels) {
      if (type !== "row") expect(targets, title).not.toEqual([]);
      for (const { expr } of targets) {
        expectQuery(expr, names);
        for (const metric of namesIn(expr).metrics) shown.add(familyOf(metric));
      }
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x}/${y}`), title).toBe(false);
          taken.add(`${x}/${y}`);
        }
      }
    }
    const ours = [...names.keys()].filter((name) => !name.startsWith("probe_"));
    expect([...shown].toSorted()).toEqual([...new Set(ours.map(familyOf))].toSorted());
  });

  test("the guide names every metric of ours", () => {
    const families = new Set([...names.keys()].filter((name) => /^(auth|pipit)_/.test(name)).map(familyOf));
    for (const family of families) expect(guide).toContain(`\`${family}\``);
  });
});
