import { Gauge, type Registry } from "prom-client";

/** A gauge that is read when it is asked for; without a value while `read` has none. */
export function gauge(
  registers: Registry[],
  name: string,
  help: string,
  read: () => number | undefined | Promise<number | undefined>,
): void {
  const made: Gauge = new Gauge({
    name,
    help,
    registers,
    async collect() {
      const value = await read();
      if (value === undefined) made.remove();
      else made.set(value);
    },
  });
}
