/** What `/health` tells of, and the states in which each is as it should be. */
const wellStates: Readonly<Record<string, readonly string[]>> = {
  database: ["connected"],
  storage: ["writable"],
  redis: ["connected", "disabled"],
  clock: ["own", "right"],
  master_key: ["right", "rotating"],
  memory_files: ["off", "written"],
  semantic_search: ["off", "reading", "ready"],
};

/** Of a body of `/health`: the parts that are not as they should be, with their states. */
export function unwellParts(body: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const parts = Object.entries(wellStates).flatMap(([part, states]) => {
    const state = body[part];
    return typeof state === "string" && !states.includes(state) ? [[part, state] as const] : [];
  });
  return new Map(parts);
}

/** Without its database a server serves nothing; without Redis it takes no passwords, and everything else goes on. */
export function healthStatus(parts: Readonly<Record<string, string>>): "healthy" | "degraded" | "unhealthy" {
  const unwell = new Set(unwellParts(parts).keys());
  if (unwell.has("database")) return "unhealthy";
  unwell.delete("redis");
  return unwell.size === 0 ? "healthy" : "degraded";
}
