import { createContext, use, type ReactNode } from "react";
import { useStore } from "zustand";
import { PipitError } from "#contract/pipit-error.ts";
import type { ViewState, ViewStore } from "./view-store.ts";

const ViewContext = createContext<ViewStore | undefined>(undefined);

export function ViewProvider({
  views,
  children,
}: {
  readonly views: ViewStore;
  readonly children: ReactNode;
}) {
  return <ViewContext value={views}>{children}</ViewContext>;
}

export function useViews(): ViewStore {
  const views = use(ViewContext);
  if (views === undefined) throw new Error("useViews needs a ViewProvider above it");
  return views;
}

export function useView<T>(selector: (state: ViewState) => T): T {
  return useStore(useViews().store, selector);
}

/** Runs a command whose failure the person should see, and tells whether it worked. */
export function useAttempt(): (work: Promise<unknown>) => Promise<boolean> {
  const views = useViews();
  return async (work) => {
    try {
      await work;
      return true;
    } catch (reason) {
      const { code, message } = PipitError.from(reason);
      if (code !== "CANCELLED") views.report({ code, message });
      return false;
    }
  };
}
