/**
 * The environment variable that a system test cannot do without.
 *
 * @throws Error that says how to run the test.
 */
export function requireVariable(name: "PULSE_SERVER" | "DBUS_SESSION_BUS_ADDRESS" | "DISPLAY"): string {
  const value = process.env[name];
  if (value === undefined || value === "") {
    throw new Error(
      `${name} is not set: run the system tests through \`npm test\`, which starts what they need.`,
    );
  }
  return value;
}

/** This program's environment without some variables, for a child that must not find a service. */
export function environmentWithout(...names: readonly string[]): Record<string, string> {
  const entries = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries.filter(([name]) => !names.includes(name)));
}
