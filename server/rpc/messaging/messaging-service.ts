import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { Messaging } from "#proto/messaging_pb.ts";
import type { ServerContext } from "#server/compose/context.ts";
import { reader, writer } from "#server/domain/access/access.ts";
import { boundsOf, Places } from "#server/domain/limits/places.ts";
import type { RoomEntry } from "#server/domain/rooms/ports.ts";
import type { RoomOutlet } from "#server/domain/rooms/rooms.ts";
import { noSuchMessage, noSuchPlace, roomNotFound } from "#server/domain/rooms/room-errors.ts";
import { networkOf } from "../kit/call-context.ts";
import { checkClientMessageId, readId, requireCaller } from "../kit/checks.ts";
import { offerRawFrames, rawFramesKey, type RawFrames } from "../kit/raw-frames.ts";
import { rpcService, type RpcService } from "../kit/rpc-service.ts";
import { inWords, toFrame, toWire } from "./to-wire.ts";

/** Trailer of a stream that ends: the id of the last message in it, for `resume_after`. */
const LAST_MESSAGE_TRAILER = "last-message-id";

/** `Messaging` of the original, whose clients know one room; ours name others, and read on where they left off. */
export function messagingService({ rooms, roomPictures, config }: ServerContext): RpcService {
  // As many as sockets, and counted apart from them.
  const caps = { perAccount: config.socketsPerAccount, perAddress: config.socketsPerAddress };
  const places = new Places();
  const handlers: ServiceImpl<typeof Messaging> = {
    /** The author is the caller and the time the server's, whatever the request says. */
    async sendMessage({ room, text, picture, clientMessageId, replyTo }, context) {
      const { userId } = requireCaller(context);
      const said = {
        userId,
        roomId: readId(room, roomNotFound),
        text,
        clientMessageId: checkClientMessageId(clientMessageId),
        replyTo: readId(replyTo, () => noSuchMessage("reply_to")),
      };
      const message = await rooms.send({
        ...said,
        picture: picture && (await roomPictures.prepare(userId, said.roomId, picture.data, context.signal)),
      });
      return {
        success: true,
        serverTime: timestampFromMs(message.sentAtMs),
        messageId: message.id,
        seq: BigInt(message.seq),
      };
    },

    async *messageStream({ room, resumeAfter, events }, context) {
      const { userId } = requireCaller(context);
      using held = new DisposableStack();
      held.use(places.enter(boundsOf(caps, userId, networkOf(context.values), full)));
      const follow = {
        userId,
        roomId: readId(room, roomNotFound),
        resumeAfter: readId(resumeAfter, noSuchPlace),
        events,
      };
      const shown = events ? (entry: RoomEntry) => entry : inWords;
      const frames = context.values.get(rawFramesKey);
      let lastId: string | undefined;
      const outlet = frames && {
        ...outletOf(frames, context),
        write: (entry: RoomEntry) => {
          lastId = entry.id;
          frames.write(toFrame(shown(entry)));
        },
      };
      try {
        for await (const entry of rooms.follow(follow, context.signal, outlet)) {
          lastId = entry.id;
          yield toWire(shown(entry));
        }
      } finally {
        if (lastId !== undefined) context.responseTrailer.set(LAST_MESSAGE_TRAILER, lastId);
      }
    },
  };
  const service = rpcService(Messaging, { sendMessage: writer, messageStream: reader }, handlers);
  return {
    ...service,
    addTo(router, protocols) {
      service.addTo(router, protocols);
      offerRawFrames(router, Messaging.method.messageStream);
    },
  };
}

function outletOf(frames: RawFrames, context: HandlerContext): Omit<RoomOutlet, "write"> {
  return {
    begin: () => frames.begin(context),
    isFull: () => frames.isFull,
    onFree: (look) => frames.onFree(look),
  };
}

function full(max: number, who: string): string {
  return `${max} streams of messages are open for ${who} already, which is the limit. Cancel one.`;
}
