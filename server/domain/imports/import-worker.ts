import { serveJobs } from "#server/domain/jobs/serve-jobs.ts";
import { ExportReader, type ReadLimits, type ReadSome } from "./export-reader.ts";
import type { ExportFile } from "./export-file.ts";

/** The first job opens the file; all go on with it. */
export interface ReadJob {
  readonly open?: { readonly file: ExportFile; readonly limits: ReadLimits; readonly nowMs: number };
}

serveJobs<ReadJob, ReadSome>(createWork());

function createWork(): (job: ReadJob) => Promise<ReadSome> {
  let reader: ExportReader | undefined;
  return async ({ open }) => {
    if (open !== undefined) reader = new ExportReader(open.file, open.limits, open.nowMs);
    if (reader === undefined) throw new Error("no file is open");
    return reader.next();
  };
}
