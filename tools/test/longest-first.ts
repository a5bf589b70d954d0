import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take long and are short to read, longest first: vitest goes by the size of files that it has not timed. */
const long = [
  "tests/chaos/chaos.test.ts",
  "tests/integration/cli-chat.test.ts",
  "tests/integration/servers/answers.test.ts",
  "tests/integration/start.test.ts",
  "tests/models/outbox-model.test.ts",
  "tests/integration/auth/two-servers-keys.test.ts",
];

/** Begins with what takes longest, so that all workers end at the same time, also on a fresh checkout. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const places = new Map(long.map((path, place) => [path, place - long.length]));
    const placeOf = ({ moduleId }: TestSpecification): number =>
      places.get(moduleId.slice(this.ctx.config.root.length + 1)) ?? 0;
    const groupOf = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;
    // oxlint-disable-next-line unicorn/no-array-sort -- vitest's, not an array's
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => groupOf(a) - groupOf(b) || placeOf(a) - placeOf(b));
  }
}
