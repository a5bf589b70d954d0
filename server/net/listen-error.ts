import { PipitError } from "#contract/pipit-error.ts";
import { systemCodeOf } from "#contract/system-error.ts";
import { formatAddress, type ListenAddress } from "./listen-address.ts";

/**
 * Why a port could not be opened, and the cure.
 *
 * @param flag that chooses the port, e.g. "--http"
 */
export function listenError(error: unknown, address: ListenAddress, flag: "--http" | "--grpc"): PipitError {
  const code = systemCodeOf(error) || "unknown reason";
  const place = formatAddress(address);
  if (code === "EADDRINUSE") {
    return new PipitError(
      "PORT_IN_USE",
      `Port ${address.port} on ${address.host} is taken by another program. Stop it, or choose another port with ${flag} ${formatAddress({ ...address, port: address.port + 1 })} (port 0 takes a free one).`,
      { cause: error, field: flag },
    );
  }
  if (code === "EACCES") {
    return new PipitError(
      "CONFIG_INVALID",
      `${flag} ${place}: this user may not listen there. Choose a port from 1024 upwards.`,
      { cause: error, field: flag },
    );
  }
  return new PipitError(
    "CONFIG_INVALID",
    `${flag} ${place}: it is not possible to listen there (${code}). Use an address of this machine, e.g. 127.0.0.1.`,
    { cause: error, field: flag },
  );
}
