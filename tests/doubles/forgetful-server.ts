import { createServer, type AddressInfo, type Socket } from "node:net";

/**
 * Answers the first request of each connection, and closes the connection at the second one with `lastWords`.
 *
 * @param answer body of each answer, and its type
 */
export async function startForgetfulServer(answer: { body: string; type: string }, lastWords = "") {
  const requests: number[] = [];
  let connections = 0;
  const server = createServer((socket: Socket) => {
    connections += 1;
    const connection = connections;
    let answered = false;
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      if (!/^(GET|POST) /.test(bytes.toString())) return;
      requests.push(connection);
      if (answered) return void (lastWords === "" ? socket.destroy() : socket.end(lastWords));
      answered = true;
      const head = `content-type: ${answer.type}\r\ncontent-length: ${Buffer.byteLength(answer.body)}`;
      socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${answer.body}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Number of the connection of each request. */
    requests,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
