/** One conversation in a list. */
export interface ChatSummary {
  readonly id: string;
  readonly title: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly pinned: boolean;
  readonly archived: boolean;
  /** Absent: it is in none. */
  readonly projectId?: string;
  /** It holds an answer that the person has not seen, or they marked it so. */
  readonly unread?: true;
  /** In no list, and gone a day after its last message. */
  readonly temporary?: true;
}

/** Which chats a list holds: the archived ones or the others, of all or of one project. */
export interface ChatsPlace {
  readonly archived: boolean;
  readonly projectId?: string;
}

/** A part of the list of chats: pinned ones first, then the others, each most recently changed first. */
export interface ChatPage {
  readonly chats: readonly ChatSummary[];
  /** Asks for those that follow; absent at the end. */
  readonly next?: string;
  /** When the server listed them so (epoch): it is away, or has not answered yet. */
  readonly asOfMs?: number;
  /** The server has not answered yet: asked for once more, the list is its answer, whenever that comes. */
  readonly updating?: true;
}

/** A stretch of a text, in UTF-16 code units; `end` is exclusive. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** One place where a search found something. */
export interface HistoryHit {
  readonly chatId: string;
  /** Absent from a server that does not tell it. */
  readonly turnId?: string;
  readonly chatTitle: string;
  readonly createdAtMs: number;
  /** Higher is better. */
  readonly score: number;
  readonly headline: string;
  /** The matches in `headline`, in order. */
  readonly highlights: readonly TextRange[];
}
