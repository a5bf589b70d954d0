import type { PowerMonitor } from "electron";

/** After sleep, connections are dead and waiting messages late: `onBack` looks at once instead of at the next try. */
export function followPower(
  monitor: Pick<PowerMonitor, "on">,
  { onBack, onSleep }: { readonly onBack: () => void; readonly onSleep: () => void },
): void {
  // Speech that goes on in a closed laptop, or after it was opened, is of no use.
  monitor.on("suspend", onSleep);
  monitor.on("lock-screen", onSleep);
  monitor.on("resume", onBack);
  monitor.on("unlock-screen", onBack);
}
