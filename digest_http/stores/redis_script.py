"""The Lua side of the Redis store: several steps, each judged and recorded, in one atomic run on the server.

What is kept, all under one hash tag and so on one node of a cluster (LAYOUT is in each key, so that workers of another
version never read what means something else to them):

* `{prefix}:LAYOUT:life`, a hash: the epoch; the server that counted in it; the floor, which is the newest bucket that
  is over; the longest lifetime of those who count here, and when it was last asked for; and one field for each bucket
  that was begun, with the bucket's deadline.
* `{prefix}:LAYOUT:EPOCH:BUCKET`, a hash: the nonces issued in the same 17 seconds, and the state of each, which is the
  window, the highest count, a ring of one bit a count and the counts that have a place (httpauth.sequence) in one
  string. It expires at its deadline, which a step of a caller with a longer lifetime, or with a clock further behind,
  moves away and nobody moves nearer.

A bucket that is not there although `life` names it is over if its deadline has passed by the server's clock, by which
it expires; its nonces are FORGOTTEN then. If not, it was lost: evicted or flushed. A server with another replication id
was started again or took over from one that failed (Redis makes a new id for both), so its data may be older than what
was counted. In each case a new epoch begins, and every nonce of the old one is FORGOTTEN. So no clock is trusted with
more than with when to forget: whatever the clocks do, a bucket that is gone is FORGOTTEN in one way or the other.

The ring (RFC 6479) holds count n at bit n modulo its size, so that nothing is shifted: Lua's numbers are doubles and
hold no 160 bits. Under another window it is read as httpauth.sequence reads a state: what is not known as unseen, is
seen.
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from digest_http.httpauth.sequence import PLACES
from digest_http.httpauth.verdict import Verdict

__all__ = ["BUCKET_BITS", "LAYOUT", "MOST_SECONDS", "REASONS", "SCRIPT", "STEP", "VERDICTS"]

#: The layout of the keys and of what is in them; it changes whenever a value comes to mean something else. In the keys
#: of the first there was none; the second knew of no places.
LAYOUT: Final = b"3"

#: A bucket holds the nonces whose issues, in microseconds, differ in these lower bits only: 16.8 seconds.
BUCKET_BITS: Final = 24

#: A lifetime of more, and clocks that differ by more, are cut to it: 34 years fit the field with all that is added.
MOST_SECONDS: Final = 1 << 30

#: What the script answers for a step.
VERDICTS: Final = {
    b"A": Verdict.ACCEPTED,
    b"F": Verdict.FORGOTTEN,
    b"R": Verdict.REPLAYED,
    b"O": Verdict.OUT_OF_SEQUENCE,
    b"E": Verdict.ENDED,
}

#: id, epoch, bucket, nc, window, place of the bucket's key among KEYS; then in seconds how long after the caller's
#: present the bucket ends, and the caller's lifetime. Lua reads a bucket of 32 bits, which last for two thousand years.
STEP: Final = Struct(">20s8sIIHHiI")

#: Why an epoch began, as `life` keeps it.
REASONS: Final = {
    b"e": "the server had no counts: it was flushed, evicted them, or was started without data",
    b"r": "the server was started again, or another one took over",
    b"c": "a worker asked whose clock is far behind that of the others, or the others' was far ahead",
    b"b": "the server lost some counts: they were evicted or deleted, or its clock jumped",
}

#: KEYS: life, then the buckets of the steps, each once. ARGV: an epoch to begin if need be, the present bucket, then
#: all steps in one string, since each argument costs the client library as much as the rest of a step. The answer:
#: the epoch, then one letter a step. Without steps: the epoch, the letter of REASONS or "-", and the server's time in
#: microseconds.
SCRIPT: Final = r"""
-- SLACK: seconds by which a deadline may be off before it is written anew, and by how much it then is moved.
local SLACK, KEPT_SECONDS, PLACES = 30, 86400, @PLACES@
local life, proposed, present = KEYS[1], ARGV[1], tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1])

local info = redis.call('INFO', 'replication')
if not string.find(info, 'role:master', 1, true) then
  -- A replica that may be written to has its master's id, and counts that nobody else sees.
  return redis.error_reply('READONLY nonces are counted at a master only, and this server is a replica')
end
local run = string.match(info, 'master_replid:(%x+)') or error('INFO names no replication id')
local kept = redis.call('HMGET', life, 'epoch', 'run', 'floor', 'longest', 'asked', 'why')
local epoch, floor, why = kept[1], tonumber(kept[3] or -1), kept[6] or '-'
local longest, asked = tonumber(kept[4] or 0), tonumber(kept[5] or 0)

local function write_life(...)
  redis.call('HSET', life, 'floor', floor, 'longest', longest, 'asked', asked, ...)
  redis.call('EXPIRE', life, KEPT_SECONDS + 2 * longest)
end

local function begin_epoch(reason)
  epoch, floor, longest, asked, why = proposed, -1, 0, 0, reason
  redis.call('DEL', life)
  write_life('epoch', epoch, 'run', run, 'why', why)
end

if not epoch then
  begin_epoch('e')
elseif kept[2] ~= run then
  begin_epoch('r')
end

local function strict(highest, nc)
  if nc == highest + 1 then return 'A' end
  if highest == 4294967295 then return 'E' end
  return nc <= highest and 'R' or 'O'
end

-- Where the bit of a count is in a ring of `size` bits: the octet, from 1, and the bit's value.
local function place(count, size)
  local bit_number = count % size
  return math.floor(bit_number / 8) + 1, 2 ^ (bit_number % 8)
end

-- Whether the bit of a count inside the ring is clear.
local function unseen(ring, count)
  local at, mask = place(count, #ring * 8)
  return bit.band(string.byte(ring, at), mask) == 0
end

-- `places`, a string of four octets a count, with the counts from..to, which leave the window, as far as they are not
-- seen. What is above the highest was skipped.
local function placed(places, ring, highest, from, to)
  local found = {}
  for count = to, math.max(from, 1), -1 do
    if #found == PLACES then break end
    if count > highest or unseen(ring, count) then table.insert(found, 1, struct.pack('>I4', count)) end
  end
  return (places .. table.concat(found)):sub(-4 * PLACES)
end

-- `places` less that of one count; nothing if it has none.
local function without(places, nc)
  for at = 1, #places, 4 do
    if struct.unpack('>I4', places, at) == nc then return places:sub(1, at - 1) .. places:sub(at + 4) end
  end
end

-- Clears the bits of counts from..to in the ring, a string of octets.
local function cleared(ring, size, from, to)
  if to - from + 1 >= size then return string.rep('\0', #ring) end
  local octets = {string.byte(ring, 1, -1)}
  for count = from, to do
    local at, mask = place(count, size)
    octets[at] = bit.band(octets[at], 255 - mask)
  end
  return string.char(unpack(octets))
end

-- The ring of a state that was counted under the window `was`, as one of `window`: only the counts that are inside
-- both, and not seen in the old one, are clear.
local function converted(ring, was, window, highest)
  local octets, size, old_size = {}, math.ceil(window / 8) * 8, #ring * 8
  for at = 1, size / 8 do octets[at] = 255 end
  for back = 1, math.min(was, window) - 1 do
    local old_at, old_mask = place(highest - back, old_size)
    if bit.band(string.byte(ring, old_at), old_mask) == 0 then
      local at, mask = place(highest - back, size)
      octets[at] = bit.band(octets[at], 255 - mask)
    end
  end
  return string.char(unpack(octets))
end

-- The letter of the verdict; with A the state that follows: highest count, ring, places.
local function judged(window, highest, ring, places, nc)
  if window == 0 then return strict(highest, nc), nc, ring, '' end
  local size = #ring * 8
  if nc > highest then
    -- Nearly always it is the next one, and the one that leaves the window for it was seen.
    if nc ~= highest + 1 or (nc > window and unseen(ring, nc - window)) then
      places = placed(places, ring, highest, highest - window + 1, nc - window)
      if nc > highest + 1 then ring = cleared(ring, size, highest + 1, nc - 1) end
    end
  else
    if highest == 4294967295 then return 'E' end
    local inside = highest - nc < window
    if not (inside and unseen(ring, nc)) then
      local left = without(places, nc)
      if left then return 'A', highest, ring, left end
      return inside and 'R' or 'O'
    end
  end
  -- A count ahead of the highest may find the bit of one that left the ring.
  if unseen(ring, nc) then
    local at, mask = place(nc, size)
    ring = ring:sub(1, at - 1) .. string.char(bit.bor(string.byte(ring, at), mask)) .. ring:sub(at + 1)
  end
  return 'A', math.max(nc, highest), ring, places
end

-- What is kept of the buckets in KEYS, by their place there: the states by id, the deadline, and the fields to write.
-- Each bucket is read once and written once, however many steps ask for it.
local states, deadlines, fields = {}, {}, {}

local function read(key, ids)
  local found = redis.call('HMGET', KEYS[key], 'until', unpack(ids))
  deadlines[key], states[key], fields[key] = found[1] and tonumber(found[1]), {}, {}
  for at = 1, #ids do states[key][ids[at]] = found[at + 1] end
end

-- A bucket was begun or is to be kept longer. Buckets that are over leave `life` at such a time.
local function write_deadline(key, bucket, deadline)
  local begun, over = redis.call('HGETALL', life), {}
  for at = 1, #begun, 2 do
    local number = tonumber(string.match(begun[at], '^b(%d+)$'))
    if number and number ~= bucket and tonumber(begun[at + 1]) < now then
      floor = math.max(floor, number)
      table.insert(over, begun[at])
    end
  end
  if #over > 0 then redis.call('HDEL', life, unpack(over)) end
  write_life('b' .. bucket, deadline)
  deadlines[key] = deadline
  redis.call('HSET', KEYS[key], 'until', deadline)
  redis.call('EXPIRE', KEYS[key], deadline - now)
end

-- Sees to it that a bucket is kept until the caller, and whoever has the longest lifetime, asks for it no more.
local function keep(key, bucket, ahead, lifetime)
  local need, deadline = now + math.max(ahead + longest, 0) + SLACK, deadlines[key]
  if deadline and need <= deadline then return end
  if lifetime >= longest or now > asked + longest then
    -- A lifetime that nobody has had for as long as it is no longer holds the nonces of others.
    longest, asked = lifetime, now
    need = now + math.max(ahead + longest, 0) + SLACK
  end
  write_deadline(key, bucket, math.max(need + SLACK, deadline or 0))
end

local function step(id, of, bucket, nc, window, key, ahead, lifetime)
  -- One of an epoch that begins in this very run had not been read.
  if of ~= epoch or not states[key] then return 'F' end
  if lifetime > longest then
    longest, asked = lifetime, now
    write_life()
  end
  local value = states[key][id]
  local was, highest, ring, places = window, 0, nil, ''
  if value then
    was, highest = struct.unpack('>I2I4', value)
    local behind = 7 + math.ceil(was / 8)
    ring, places = value:sub(7, behind - 1), value:sub(behind)
  elseif bucket <= floor then
    -- Where even a nonce issued now would be, the caller's clock was set back, or that of others is far ahead.
    if present <= floor then begin_epoch('c') end
    return 'F'
  elseif not deadlines[key] then
    local over = redis.call('HGET', life, 'b' .. bucket)
    if over then
      -- Over by a clock of the server that jumped: even a nonce issued now would be in it, and locked out till its end.
      if now < tonumber(over) or present <= bucket then begin_epoch('b') end
      return 'F'
    end
  end
  if not ring then ring = string.rep('\0', math.ceil(window / 8)) end
  if was ~= window then
    if was > window then places = placed(places, ring, highest, highest - was + 1, highest - window) end
    ring = converted(ring, was, window, highest)
  end
  local letter, top, after, kept_places = judged(window, highest, ring, places, nc)
  if letter == 'A' then
    value = struct.pack('>I2I4', window, top) .. after .. kept_places
    states[key][id] = value
    local written = fields[key]
    written[#written + 1] = id
    written[#written + 1] = value
    keep(key, bucket, ahead, lifetime)
  end
  return letter
end

local asked_for, steps, letters, at = ARGV[3], {}, {}, 1
if asked_for == '' then return epoch .. why .. time[1] .. string.format('%06d', time[2]) end
local ids = {}
while at <= #asked_for do
  local one = {struct.unpack('>c20c8I4I4I2I2i4I4', asked_for, at)}
  local id, of, key = one[1], one[2], one[6]
  steps[#steps + 1], at = one, one[9]
  if of == epoch then
    local others = ids[key]
    if others then others[#others + 1] = id else ids[key] = {id} end
  end
end
for key, of_key in pairs(ids) do read(key, of_key) end
for number, one in ipairs(steps) do letters[number] = step(unpack(one)) end
for key, written in pairs(fields) do
  if #written > 0 then redis.call('HSET', KEYS[key], unpack(written)) end
end
return epoch .. table.concat(letters)
""".replace("@PLACES@", str(PLACES))
