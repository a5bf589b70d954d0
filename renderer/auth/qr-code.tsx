import { create } from "qrcode";

/** Light modules around a code, without which readers do not find it (ISO/IEC 18004 §9.1). */
const QUIET = 4;

interface QrCodeProps {
  readonly text: string;
  /** What it is for those who cannot see it. */
  readonly label: string;
}

/** A text as a QR code: dark on light in every theme, which all readers take. */
export function QrCode({ text, label }: QrCodeProps) {
  const { modules } = create(text, { errorCorrectionLevel: "M" });
  const side = modules.size + 2 * QUIET;
  const path = Array.from(modules.data, (dark, at) =>
    dark ? `M${(at % modules.size) + QUIET} ${Math.floor(at / modules.size) + QUIET}h1v1h-1z` : "",
  ).join("");
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${side} ${side}`}
      shapeRendering="crispEdges"
      className="size-44 rounded-control"
    >
      <rect width={side} height={side} fill="#ffffff" />
      <path d={path} fill="#000000" />
    </svg>
  );
}
