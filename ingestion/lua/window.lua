-- For each event: 0 first seen (and remembered), 1 seen with the same content, 2 seen with other content.
-- An event's id is a field of one of many small hashes, which Redis packs to about 40 bytes an id.
-- The value is 8 bytes of content hash and 4 that tell which copy was the first: asked again, that copy is the first again.
-- KEYS: prefix of this generation's hashes, prefix of the one before
-- ARGV: seconds a generation is kept, then for each event: bucket, id, value
local answers = {}
for i = 2, #ARGV, 3 do
  local bucket, id, value = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local current = KEYS[1] .. bucket
  local known = redis.call('HGET', current, id) or redis.call('HGET', KEYS[2] .. bucket, id)
  if not known then
    if redis.call('HSET', current, id, value) == 1 and redis.call('HLEN', current) == 1 then
      redis.call('EXPIRE', current, ARGV[1])
    end
    answers[#answers + 1] = '0'
  elseif known == value then
    answers[#answers + 1] = '0'
  elseif string.sub(known, 1, 8) == string.sub(value, 1, 8) then
    answers[#answers + 1] = '1'
  else
    answers[#answers + 1] = '2'
  end
end
return table.concat(answers)
