import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A network before a server of this machine. */
export interface Relay extends AsyncDisposable {
  readonly port: number;
  /** Connections so far. */
  accepted(): number;
  /** Holds all that is said, by either side of any connection, until it passes it on. */
  silence(wanted: boolean): void;
  /** Passes on nothing more of the connections that there are, and does not say so: a cable that was pulled. Later ones work. */
  lose(): void;
  /** Ends all connections; later ones lead to this port. */
  lead(toPort: number): void;
}

export async function startRelay(firstPort: number): Promise<Relay> {
  let toPort = firstPort;
  let isSilent = false;
  const sockets = new Set<Socket>();
  const passers = new Set<() => void>();
  let accepted = 0;
  const server = createServer((near) => {
    accepted += 1;
    const far = connect(toPort, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      const held: Buffer[] = [];
      const pass = (): void => {
        if (!isSilent) for (const piece of held.splice(0)) to.write(piece);
      };
      passers.add(pass);
      from.on("data", (data: Buffer) => {
        held.push(data);
        if (passers.has(pass)) pass();
      });
      from.on("error", () => undefined);
      from.on("close", () => {
        // The other side of a lost one hears nothing of its end either.
        if (passers.delete(pass)) to.destroy();
        sockets.delete(from);
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted,
    silence(wanted) {
      isSilent = wanted;
      for (const pass of passers) pass();
    },
    lose: () => passers.clear(),
    lead(port) {
      toPort = port;
      for (const socket of sockets) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
