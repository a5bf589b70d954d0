/**
 * A client of Connect or gRPC-Web that sends this header, with whole seconds from 1 to 60, gets an empty message whenever a
 * stream has said nothing for so long. HTTP/1.1 has no ping; who does not ask never sees one.
 */
export const SIGN_OF_LIFE_HEADER = "pipit-sign-of-life-s";

/** How often our page asks for one. */
export const SIGN_OF_LIFE_S = 15;

/** A stream that has said nothing for so long has lost its connection: two signs would have come. */
export const STREAM_SILENCE_MS = 2.5 * SIGN_OF_LIFE_S * 1_000;
