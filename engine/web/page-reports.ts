import type { Settings } from "#contract/settings.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { reportsTo, type Report, type ReportsDeps } from "#engine/program-events/reports.ts";
import { systemClock } from "#engine/system-clock.ts";
import type { PageDatabase } from "./page-database.ts";
import type { PageEventsDeps } from "./page-events.ts";

export interface PageReportsDeps extends Omit<PageEventsDeps, "database" | "isWanted" | "clock"> {
  /** Absent in a browser that stores nothing: there is nothing to report from then. */
  readonly database: PageDatabase | undefined;
  readonly choice: () => Settings["reports"];
}

/** Takes the reports of this page; what keeps and sends them is loaded with the first, and by {@link PageReports.resume}. */
export interface PageReports extends ReportsDeps, Disposable {
  /** Sends from now on what an earlier visit has left. */
  resume(): void;
}

export function createPageReports({ database, choice, logger, ...deps }: PageReportsDeps): PageReports {
  let loading: Promise<{ add(report: Report): Promise<void> } & Disposable> | undefined;
  let isOver = false;
  // The server of a page is never known to be that of the person's own machine.
  const isWanted = (): boolean => database !== undefined && reportsTo(choice(), false);
  const load = async (stored: PageDatabase) => {
    const { createPageEvents } = await import("./page-events.ts");
    const events = createPageEvents({ ...deps, database: stored, isWanted, clock: systemClock, logger });
    if (isOver) events[Symbol.dispose]();
    return events;
  };
  const withEvents = (work: (events: { add(report: Report): Promise<void> }) => Promise<void>): void => {
    if (database === undefined || isOver) return;
    loading ??= load(database);
    loading.then(work).catch((error: unknown) => {
      // What could not be loaded may be the next time.
      void loading?.catch(() => (loading = undefined));
      logger.debug("events.not_queued", { code: PipitError.from(error).code });
    });
  };
  return {
    isWanted,
    nowMs: systemClock.nowMs,
    report: (report) => withEvents((events) => events.add(report)),
    resume: () => {
      if (isWanted()) withEvents(async () => undefined);
    },
    [Symbol.dispose]() {
      isOver = true;
      void loading?.then((events) => events[Symbol.dispose]()).catch(() => undefined);
    },
  };
}
