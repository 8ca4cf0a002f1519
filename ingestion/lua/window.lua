-- For each event: 0 first seen (and remembered), 1 seen with the same content, 2 seen with other content.
-- An id is a field of one of many small hashes, which Redis packs to about 40 bytes an id. Its value is 8 bytes of
-- content hash and 4 that tell which copy was the first: asked again, that copy is the first again.
-- KEYS: prefix of this generation's hashes, prefix of the one before ('' when there is none)
-- ARGV: number of hashes, records of 32 bytes: crc32 of the id, id, value
local answers = {}
local buckets, records = ARGV[1], ARGV[2]
local current, before = KEYS[1], KEYS[2] ~= '' and KEYS[2]
for at = 1, #records, 32 do
  local crc, id, value = struct.unpack('>I4c16c12', records, at)
  local bucket = crc % buckets
  local known = before and redis.call('HGET', before .. bucket, id)
  if not known and redis.call('HSETNX', current .. bucket, id, value) == 0 then
    known = redis.call('HGET', current .. bucket, id)
  end
  if not known or known == value then
    answers[#answers + 1] = '0'
  elseif string.sub(known, 1, 8) == string.sub(value, 1, 8) then
    answers[#answers + 1] = '1'
  else
    answers[#answers + 1] = '2'
  end
end
return table.concat(answers)
