/** No client has reason for more: a JSON Schema of OpenAI has ten. */
export const JSON_MAX_LEVELS = 100;

/** What is read without a limit cannot be written again without one: that calls itself for each level. */
export function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(levels - 1, inner));
}
