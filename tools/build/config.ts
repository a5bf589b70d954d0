/**
 * Runs `work` as if NODE_ENV were "production". Vite takes it as it finds it, and test runners set "test": the window
 * would get React's development version, which is slower and larger.
 */
export async function inProduction<T>(work: () => Promise<T>): Promise<T> {
  const before = process.env["NODE_ENV"];
  process.env["NODE_ENV"] = "production";
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env["NODE_ENV"];
    else process.env["NODE_ENV"] = before;
  }
}
