import { defineScript, type CommandParser } from "redis";

/**
 * The functions of counter-state.ts in Lua, on a hash with their fields; one test suite runs on both. A script runs alone,
 * so it is atomic. Arguments: now (or -1: Redis' clock), max, windowMs, blockMs (0: none), growth, maxBlockMs, leaseMs.
 */
const common = `
local key = KEYS[1]
local now, max, window, block = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local growth, longest, lease = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
if now < 0 then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
local stored = redis.call('HMGET', key, 'charged', 'pending', 'level', 'resets')
local found = stored[1] and stored[4]
local charged, pending, level, resets =
  tonumber(stored[1] or 0), tonumber(stored[2] or 0), tonumber(stored[3] or 0), tonumber(stored[4] or 0)

local function blockLength()
  return math.floor(math.min(block * growth ^ (level - 1), longest))
end
local function save()
  redis.call('HSET', key, 'charged', charged, 'pending', pending, 'level', level,
    'resets', string.format('%.0f', resets))
  redis.call('PEXPIRE', key, string.format('%.0f', math.max(1, resets - now) + (level > 0 and window or 0)))
end
local function beginBlock()
  pending = 0
  level = level + 1
  resets = now + blockLength()
end
`;

const reserve = `${common}
local GRANTED, BUSY, BLOCKED = 1, 2, 3
if not found or resets <= now then
  if not found or now >= resets + window then level = 0 end
  charged, pending, resets = 0, 0, now + window
else
  local isBlock = block > 0 and charged >= max and pending == 0
  local most = now + (isBlock and blockLength() or window)
  if resets > most then
    resets = most
    save()
  end
end
if charged < max then
  charged, pending = charged + 1, pending + 1
  if block > 0 then resets = now + window end
  save()
  return { GRANTED, max - charged, resets - now, resets }
end
if pending > 0 then
  if block == 0 or now < resets - window + lease then return { BUSY, 0, 0, 0 } end
  beginBlock()
  save()
end
return { BLOCKED, 0, resets - now, 0 }
`;

/** ARGV 8: the outcome; 9: the ticket. Answers how long the block is that began, or 0. */
const settle = `${common}
local outcome, ticket = ARGV[8], tonumber(ARGV[9])
if not found then return { 0 } end
if block == 0 then
  if resets ~= ticket or pending == 0 then return { 0 } end
  pending = pending - 1
  if outcome ~= 'failed' then charged = charged - 1 end
  if charged == 0 then redis.call('DEL', key) else save() end
  return { 0 }
end
local wasPending = pending > 0
pending = math.max(0, pending - 1)
if outcome == 'succeeded' then
  charged, level = pending, 0
  if pending == 0 then redis.call('DEL', key) else save() end
  return { 0 }
end
if not wasPending then return { 0 } end
if outcome == 'void' then
  charged = charged - 1
  if charged == 0 and level == 0 then redis.call('DEL', key) else save() end
  return { 0 }
end
local blockedFor = 0
if pending == 0 and charged >= max then
  beginBlock()
  blockedFor = resets - now
end
save()
return { blockedFor }
`;

/** As commands of the client: it knows a script by its hash, and sends it in full to a server that does not. */
export const counterScripts = { reserve: scriptOf(reserve), settle: scriptOf(settle) };

function scriptOf(source: string) {
  return defineScript({
    SCRIPT: source,
    NUMBER_OF_KEYS: 1,
    parseCommand(parser: CommandParser, key: string, args: readonly string[]) {
      parser.pushKey(key);
      parser.push(...args);
    },
    transformReply: (reply: unknown) => reply as readonly number[],
  });
}
