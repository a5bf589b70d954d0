import { useEffect, useState, type ComponentType, type ReactNode } from "react";

/** Until a part that could not be loaded is asked for again. */
const RETRY_MS = 3_000;

/**
 * A part of the window that is loaded when it is first shown. A page gets it from its server, which may be away: `fallback`
 * stands in its place until it has come, and what is around it goes on.
 */
export function lazily<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props & { readonly fallback?: ReactNode }> {
  let loaded: ComponentType<Props> | undefined;
  return function Lazily(props) {
    const [Part, setPart] = useState(() => loaded);
    useEffect(() => {
      if (Part !== undefined) return;
      let timer: ReturnType<typeof setTimeout> | undefined;
      let gone = false;
      const attempt = async (): Promise<void> => {
        const part = await load().catch(() => undefined);
        loaded ??= part;
        if (gone) return;
        if (part === undefined) timer = setTimeout(() => void attempt(), RETRY_MS);
        else setPart(() => part);
      };
      void attempt();
      return () => {
        gone = true;
        clearTimeout(timer);
      };
    }, [Part]);
    return Part === undefined ? props.fallback : <Part {...props} />;
  };
}
