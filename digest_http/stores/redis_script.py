"""The Lua side of the Redis store: several steps, each judged and recorded, in one atomic run on the server.

What is kept, all under one hash tag and so on one node of a cluster:

* `{prefix}:life`, a hash: the epoch; the server that counted in it; the floor, which is the newest bucket that is over;
  and one field for each bucket that was begun.
* `{prefix}:EPOCH:BUCKET`, a hash: the nonces whose life ends in the same 17 seconds, and the state of each, which is
  the window, the highest count and a ring of one bit a count in one string. It expires with them.

A bucket that `life` names and that is not there was lost: evicted, flushed, or expired by a clock that jumped. A
server with another replication id was started again or took over from one that failed (Redis makes a new id for both),
so its data may be older than what was counted. In each case a new epoch begins, and every nonce of the old one is
FORGOTTEN. That needs no clock of the server, and no two clocks that agree.

The ring (RFC 6479) holds count n at bit n modulo its size, so that nothing is shifted: Lua's numbers are doubles and
hold no 160 bits.
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from digest_http.httpauth.verdict import Verdict

__all__ = ["BUCKET_BITS", "SCRIPT", "STEP", "VERDICTS"]

#: A bucket holds the nonces whose expiries, in microseconds, differ in these lower bits only: 16.8 seconds.
BUCKET_BITS: Final = 24

#: What the script answers for a step.
VERDICTS: Final = {
    b"A": Verdict.ACCEPTED,
    b"F": Verdict.FORGOTTEN,
    b"R": Verdict.REPLAYED,
    b"O": Verdict.OUT_OF_SEQUENCE,
    b"E": Verdict.ENDED,
}

#: id, epoch, bucket, nc, window, place of the bucket's key among KEYS. Lua reads a bucket of 32 bits, which last for
#: two thousand years.
STEP: Final = Struct(">20s8sIIHH")

#: KEYS: life, then the buckets of the steps, each once. ARGV: an epoch to begin if need be, the present bucket, then
#: all steps in one string, since each argument costs the client library as much as the rest of a step. The answer:
#: the epoch, then one letter a step.
SCRIPT: Final = r"""
local SET_BACK, KEPT_SECONDS, BUCKET_SECONDS = 4, 86400, 16.777216
local life, proposed, present = KEYS[1], ARGV[1], tonumber(ARGV[2])

local function run_of_server()
  local info = redis.call('INFO', 'replication')
  return string.match(info, 'master_replid:(%x+)') or error('INFO names no replication id')
end

local run = run_of_server()
local kept = redis.call('HMGET', life, 'epoch', 'run', 'floor', 'latest')
local epoch, floor, latest = kept[1], tonumber(kept[3] or -1), tonumber(kept[4] or -1)

local function begin_epoch()
  epoch, floor, latest = proposed, -1, -1
  redis.call('DEL', life)
  redis.call('HSET', life, 'epoch', epoch, 'run', run, 'floor', floor, 'latest', latest)
  redis.call('EXPIRE', life, KEPT_SECONDS)
end

if not epoch or kept[2] ~= run or present < latest - SET_BACK then begin_epoch() end

local function strict(highest, nc)
  if nc == highest + 1 then return 'A' end
  if highest == 4294967295 then return 'E' end
  return nc <= highest and 'R' or 'O'
end

-- Clears the bits of counts from..to in the ring, a string of octets.
local function cleared(ring, size, from, to)
  if to - from + 1 >= size then return string.rep('\0', #ring) end
  local octets = {string.byte(ring, 1, -1)}
  for count = from, to do
    local place = count % size
    local at = math.floor(place / 8) + 1
    octets[at] = bit.band(octets[at], 255 - 2 ^ (place % 8))
  end
  return string.char(unpack(octets))
end

local function judged(window, highest, ring, nc)
  if window == 0 then
    local letter = strict(highest, nc)
    return letter, letter == 'A' and nc or highest, ring
  end
  local size = #ring * 8
  if nc > highest then
    if nc > highest + 1 then ring = cleared(ring, size, highest + 1, nc - 1) end
  else
    if highest == 4294967295 then return 'E', highest, ring end
    if highest - nc >= window then return 'O', highest, ring end
  end
  local place = nc % size
  local at, mask = math.floor(place / 8) + 1, 2 ^ (place % 8)
  local octet = string.byte(ring, at)
  -- A count ahead of the highest may find the bit of one that left the ring.
  if nc <= highest and bit.band(octet, mask) ~= 0 then return 'R', highest, ring end
  ring = ring:sub(1, at - 1) .. string.char(bit.bor(octet, mask)) .. ring:sub(at + 1)
  return 'A', math.max(nc, highest), ring
end

local function begin_bucket(key, bucket)
  local fields, over = redis.call('HKEYS', life), {}
  for _, field in ipairs(fields) do
    local number = tonumber(string.match(field, '^b(%d+)$'))
    if number and number < present - 1 then
      floor = math.max(floor, number)
      table.insert(over, field)
    end
  end
  if #over > 0 then redis.call('HDEL', life, unpack(over)) end
  if present > latest then latest = present end
  redis.call('HSET', life, 'b' .. bucket, '', 'floor', floor, 'latest', latest)
  redis.call('EXPIRE', life, KEPT_SECONDS)
  redis.call('HSET', key, '', '')
  redis.call('EXPIRE', key, math.ceil(math.max(bucket - present + 3, 3) * BUCKET_SECONDS))
end

local function step(key, id, of, bucket, nc, window)
  if of ~= epoch then return 'F' end
  local value = redis.call('HGET', key, id)
  if value then
    local was, highest = struct.unpack('>I2I4', value)
    if was ~= window then return 'F' end
    local letter, top, ring = judged(window, highest, value:sub(7), nc)
    if letter == 'A' then redis.call('HSET', key, id, struct.pack('>I2I4', window, top) .. ring) end
    return letter
  end
  if bucket <= floor then return 'F' end
  local begun = redis.call('HEXISTS', life, 'b' .. bucket) == 1
  if begun and redis.call('EXISTS', key) == 0 then
    begin_epoch()
    return 'F'
  end
  local letter, top, ring = judged(window, 0, string.rep('\0', math.ceil(window / 8)), nc)
  if letter == 'A' then
    if not begun then begin_bucket(key, bucket) end
    redis.call('HSET', key, id, struct.pack('>I2I4', window, top) .. ring)
  end
  return letter
end

local steps, letters, at = ARGV[3], {}, 1
while at <= #steps do
  local id, of, bucket, nc, window, place
  id, of, bucket, nc, window, place, at = struct.unpack('>c20c8I4I4I2I2', steps, at)
  table.insert(letters, step(KEYS[place], id, of, bucket, nc, window))
end
return epoch .. table.concat(letters)
"""
