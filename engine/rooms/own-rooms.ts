import type { Transport } from "@connectrpc/connect";
import { createOwnAccountClient } from "#engine/account/own-account-client.ts";
import type { HttpClient } from "#engine/ports.ts";
import { createRoomsClient } from "./rooms-client.ts";

/** The rooms of the signed-in account, and who that is in them. */
export type OwnRooms = ReturnType<typeof createOwnRooms>;

/**
 * @param transport signed in (`createRpcTransport`)
 * @param http the same server's, signed in
 */
export function createOwnRooms(transport: Transport, http: HttpClient) {
  const account = createOwnAccountClient(http, () => undefined);
  return {
    ...createRoomsClient(transport),
    /** The account's, which is what messages name as their author. */
    login: async (signal: AbortSignal): Promise<string> => (await account.read(signal)).login,
  };
}
