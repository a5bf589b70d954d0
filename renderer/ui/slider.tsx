import { useState, type InputHTMLAttributes } from "react";

interface SliderProps extends Pick<
  InputHTMLAttributes<HTMLInputElement>,
  "id" | "min" | "max" | "step" | "disabled"
> {
  readonly value: number;
  /** What a screen reader says for a value, e.g. "80 %". */
  readonly valueText: (value: number) => string;
  /** Once the person lets go, not for every step on the way. */
  readonly onCommit: (value: number) => void;
}

/** A value between two ends: the browser's own slider, so that keys and screen readers work as everywhere. */
export function Slider({ value, valueText, onCommit, ...rest }: SliderProps) {
  const [moving, setMoving] = useState<number>();
  const shown = moving ?? value;
  const commit = () => {
    if (moving === undefined) return;
    setMoving(undefined);
    if (moving !== value) onCommit(moving);
  };
  return (
    <span className="flex items-center gap-3">
      <input
        type="range"
        aria-valuetext={valueText(shown)}
        className="h-5 w-32 accent-accent disabled:opacity-50"
        value={shown}
        onChange={(event) => setMoving(event.currentTarget.valueAsNumber)}
        onPointerUp={commit}
        onKeyUp={commit}
        onBlur={commit}
        {...rest}
      />
      <output aria-hidden="true" className="w-12 text-right text-small text-soft tabular-nums">
        {valueText(shown)}
      </output>
    </span>
  );
}
