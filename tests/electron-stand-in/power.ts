import { app } from "./app.ts";
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
   * prevents it promises to quit by itself. macOS takes a quit that is prevented as a no to the whole log-out; Linux waits.
   */
  endSessionForTest(): void {
    if (platform === "win32") return;
    const asked = preventableEvent();
    this.emit("shutdown", asked);
    if (asked.defaultPrevented) return;
    const ends = app.quitUnlessPrevented();
    if (!ends && platform === "darwin") console.error("stand-in: the app has interrupted the log-out");
  }
}
export const powerMonitor = new PowerMonitor();
