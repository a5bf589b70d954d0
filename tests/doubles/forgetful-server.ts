import { createServer, type AddressInfo, type Socket } from "node:net";

/** A pool that has given none again by then never does. */
const QUESTIONS_MAX = 200;

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
    /**
     * Asks until a question has met a connection that was used before, and was closed on it: one goes back to the pool some
     * time after its answer has been read.
     *
     * @returns how many questions that took
     */
    async askUntilClosed(ask: () => Promise<void>): Promise<number> {
      for (let questions = 1; questions <= QUESTIONS_MAX; questions += 1) {
        await ask();
        if (new Set(requests).size < requests.length) return questions;
        await new Promise((resolve) => setImmediate(resolve));
      }
      throw new Error("No connection was used a second time.");
    },
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
