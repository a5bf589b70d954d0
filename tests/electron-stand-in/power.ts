import { app } from "./app.ts";
import { appWindows } from "./app-windows.ts";
import { platform } from "./platform.ts";
import { preventableEvent, StrictEmitter } from "./strict.ts";

/** Electron's `powerMonitor`. Tests make the system sleep, wake and end the session. */
class PowerMonitor extends StrictEmitter {
  onBatteryPower = false;

  constructor() {
    super("powerMonitor", [
      "suspend",
      "resume",
      "on-ac",
      "on-battery",
      "shutdown",
      "lock-screen",
      "unlock-screen",
      "user-did-become-active",
      "user-did-resign-active",
      "thermal-state-change",
      "speed-limit-change",
    ]);
  }
  getSystemIdleTime(): number {
    return 0;
  }
  getSystemIdleState(_thresholdSeconds: number): "active" | "idle" | "locked" | "unknown" {
    return "active";
  }
  getCurrentThermalState(): "unknown" | "nominal" | "fair" | "serious" | "critical" {
    return "unknown";
  }
  isOnBatteryPower(): boolean {
    return this.onBatteryPower;
  }
  /**
   * Test hook: the person logs out or shuts the machine down. macOS and Linux say "shutdown" first; a listener that
   * prevents it promises to quit by itself. Windows asks and tells each window instead. macOS takes a quit that is prevented as a no to the whole log-out; Linux waits.
   */
  endSessionForTest(): void {
    if (platform === "win32") return endWindowsSession();
    const asked = preventableEvent();
    this.emit("shutdown", asked);
    if (asked.defaultPrevented) return;
    const ends = app.quitUnlessPrevented();
    if (!ends && platform === "darwin") console.error("stand-in: the app has interrupted the log-out");
  }
}
export const powerMonitor = new PowerMonitor();

/** Windows ends the process as soon as its windows were told, unless it has begun to quit by then. */
function endWindowsSession(): void {
  const reasons = ["logoff"];
  const windows = [...appWindows.all.values()];
  const asked = preventableEvent({ reasons });
  for (const window of windows) window.emit("query-session-end", asked);
  if (asked.defaultPrevented) {
    console.error("stand-in: the app has interrupted the log-out");
    return;
  }
  for (const window of windows) window.emit("session-end", preventableEvent({ reasons }));
  // oxlint-disable-next-line unicorn/no-process-exit -- as Electron does
  if (!app.isQuitting) process.exit(0);
}
