-- Keep a batch of readings, or say why not; whatever the answer, all of it happens or nothing. Follows keep.lua.
-- KEYS: as keep.lua; the request's (its Idempotency-Key; '' without one), devices seen, the owner's rate,
--       prefixes of devices' rates and of closed devices
-- ARGV: as keep.lua; message (msgpack): devices {{id, readings}…}, device_limit, owner_limit, window_ms,
--       digest of the body, remembered_ms
-- Gives {'kept'} | {'again', when it was received first} | {'reused'} | {'closed', number of the device}
--       | {'limited', ms to wait, 'device' or 'owner'} | {'full'}
local asked = cmsgpack.unpack(ARGV[9])

if KEYS[4] ~= '' then
  local known = redis.call('GET', KEYS[4])
  if known then
    local digest, received_ms = string.match(known, '^(%x+) (%d+)$')
    if digest == asked.digest then return {'again', received_ms} end
    return {'reused'}
  end
end

for at, device in ipairs(asked.devices) do
  if redis.call('EXISTS', KEYS[8] .. device[1]) == 1 then return {'closed', at - 1} end
end

-- A window begins with its first reading: no clock is shared.
local function wait_ms(key, readings, limit)
  if limit ~= 0 and readings > limit then return asked.window_ms end
  if limit == 0 or tonumber(redis.call('GET', key) or '0') + readings <= limit then return 0 end
  return math.max(redis.call('PTTL', key), 1)
end
local function count(key, readings, limit)
  if limit == 0 then return end
  if redis.call('INCRBY', key, readings) == readings then redis.call('PEXPIRE', key, asked.window_ms) end
end

local wait = wait_ms(KEYS[6], tonumber(ARGV[4]), asked.owner_limit)
if wait > 0 then return {'limited', wait, 'owner'} end
for _, device in ipairs(asked.devices) do
  wait = math.max(wait, wait_ms(KEYS[7] .. device[1], device[2], asked.device_limit))
end
if wait > 0 then return {'limited', wait, 'device'} end

if not keep() then return {'full'} end
count(KEYS[6], tonumber(ARGV[4]), asked.owner_limit)
for _, device in ipairs(asked.devices) do
  count(KEYS[7] .. device[1], device[2], asked.device_limit)
  redis.call('HSET', KEYS[5], device[1], ARGV[5])
end
if KEYS[4] ~= '' then redis.call('SET', KEYS[4], asked.digest .. ' ' .. ARGV[5], 'PX', asked.remembered_ms) end
return {'kept'}
