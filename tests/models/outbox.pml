/*
 * Messages between the outbox of two client programs on one home (desktop and terminal) and a server, while either end
 * may be killed at any step. Durable: the outbox's rows, who sends for the chat, the server's turns. All else is lost
 * with its program. One chat, which the first answer names; message 1 is refused for good, so that it is parked.
 *
 * Proves, over every interleaving: a message that the person saw accepted is a row or a finished turn (never lost), is
 * finished at most once, begins only after all older ones are finished or parked, in the chat of these, and is dealt with
 * in the end. Each FAULT is a rule left out, and must be found.
 */
#define N 3
#define REFUSED 1
#define CLIENT_KILLS 2
#define SERVER_KILLS 2

#define NOBODY 2

mtype = { NONE, RUNNING, DONE, WAITING, PARKED, ANSWERED, REFUSAL, BROKEN };

mtype row[N] = NONE;
mtype turn[N] = NONE;
byte finished[N];
bool accepted[N];
/* What a row, and what a turn, says of its chat: 0 is a new one. */
byte key[N];
byte chat[N];
byte name;
/* Which life of the server runs a turn; a lease of a dead life has run out. */
byte owner[N];
byte serverLife = 1;
byte sender = NOBODY;
byte clientKills, serverKills, added;

/* A call: which message, and which life of which client asked. Answers of a call go nowhere when that life is over. */
byte asked = N;
byte askedBy, askedLife;
byte life[2];
chan answer[2] = [0] of { mtype, byte };

#define settled(i) (turn[i] == DONE || row[i] == PARKED)
#define waits (row[0] == WAITING || row[1] == WAITING || row[2] == WAITING)
#define kept(i) (!accepted[i] || row[i] != NONE || turn[i] == DONE)

inline oldest(i) {
  i = 0;
  do
  :: i < N && row[i] != WAITING -> i++
  :: else -> break
  od
}

/* In one transaction: the rows behind follow into the named chat. */
inline rename(i) {
  atomic {
    name = chat[i];
    key[0] = name;
    key[1] = name;
    key[2] = name
  }
}

/* The row is written before the bubble is shown. */
active proctype Person() {
  do
  :: added < N -> atomic { row[added] = WAITING; key[added] = name; accepted[added] = true; added++ }
  :: added == N -> break
  od
}

active [2] proctype Client() {
  byte me = _pid - 1, i;
  mtype how;
start:
end:
  do
#ifdef FAULT_TWO_SENDERS
  :: atomic { sender != me && waits -> sender = me }
#else
  :: atomic { sender == NOBODY && waits -> sender = me }
#endif
  :: atomic {
       sender == me && asked == N ->
       oldest(i);
       if
       :: i < N -> asked = i; askedBy = me; askedLife = life[me]
       :: else -> i = N; sender = NOBODY
       fi
     };
     if
     :: i == N -> goto start
     :: else
     fi;
     if
     :: answer[me] ? how, eval(life[me]) ->
        if
#ifdef FAULT_REMOVES_FIRST
        :: how == ANSWERED ->
           row[i] = NONE;
           if
           :: rename(i)
           :: atomic { clientKills < CLIENT_KILLS -> goto killed }
           fi
#else
        :: how == ANSWERED ->
           rename(i);
           if
           :: row[i] = NONE
           :: atomic { clientKills < CLIENT_KILLS -> goto killed }
           fi
#endif
        :: how == REFUSAL -> row[i] = PARKED
#ifdef FAULT_FORGETS_BROKEN
        :: how == BROKEN -> row[i] = NONE
#else
        :: how == BROKEN /* asked again */
#endif
        fi
     :: atomic { clientKills < CLIENT_KILLS -> goto killed }
     fi
  :: atomic { clientKills < CLIENT_KILLS -> goto killed }
  od;
killed:
  atomic {
    clientKills++;
    life[me]++;
    /* The system frees the lock of a dead program; the other, or its own next life, takes over. */
    if
    :: sender == me -> sender = NOBODY
    :: else
    fi;
    goto start
  }
}

active proctype Server() {
  byte i, by, itsLife;
  mtype how;
end:
  do
  :: atomic { asked < N -> i = asked; by = askedBy; itsLife = askedLife; asked = N };
     how = NONE;
     if
     :: atomic { turn[i] == DONE -> how = ANSWERED }
     :: atomic { i == REFUSED && turn[i] == NONE -> how = REFUSAL }
     :: atomic {
#ifdef FAULT_ASKS_AGAIN
          i != REFUSED ->
#else
          i != REFUSED && (turn[i] == NONE || (turn[i] == RUNNING && owner[i] != serverLife)) ->
#endif
          /* In order: nothing older is open. */
          assert(i == 0 || settled(0));
          assert(i < 2 || settled(1));
          if
          :: turn[i] == NONE -> chat[i] = (key[i] == 0 -> i + 1 : key[i])
          :: else
          fi;
          /* Together: message 1 never begins. */
          assert(i == 0 || chat[i] == chat[0]);
          turn[i] = RUNNING;
          owner[i] = serverLife
        }
     fi;
     if
     :: how == NONE ->
        if
        /* The model has answered: stored in one transaction, only while this life still owns the turn. */
        :: atomic {
             turn[i] == RUNNING && owner[i] == serverLife ->
             turn[i] = DONE;
             finished[i]++;
             assert(finished[i] == 1);
             how = ANSWERED
           }
        :: atomic { serverKills < SERVER_KILLS -> serverKills++; serverLife++; how = BROKEN }
        fi
     :: else
     fi;
     /* Killed after storing, before telling. */
     if
     :: true
     :: atomic { serverKills < SERVER_KILLS -> serverKills++; serverLife++; how = BROKEN }
     fi;
     if
     :: answer[by] ! how, itsLife
     :: life[by] != itsLife
     fi
  od
}

active proctype Oracle() {
end:
  do
  :: atomic { !(kept(0) && kept(1) && kept(2)) -> assert(false) }
  od
}

ltl dealtWith { <> (added == N && turn[0] == DONE && row[1] == PARKED && turn[2] == DONE) }
