import type { StoreApi } from "zustand/vanilla";

/** A zustand store whose only writer is its owner. Fits `useStore` of zustand and `useSyncExternalStore` of React. */
export type ReadonlyStore<T> = Pick<StoreApi<T>, "getState" | "getInitialState" | "subscribe">;
