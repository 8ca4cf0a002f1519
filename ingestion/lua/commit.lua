-- All that follows from a finished plan, at once: its entries go, the ledger is written, dead letters are kept, the
-- window remembers what was new. Where the plan is gone already, this is the second time: nothing is left to do.
-- KEYS: lease, plan, stream, counters, dead letters, rows stored in this minute, window
-- ARGV: token, message (msgpack): entries {id…}, kind, bytes, rows, now_ms, ledger {{key, field, number}…}, plan,
--       held (blobs of the window, as the writer has it), forgotten (how many of its oldest go);
--       the window's blob of what was new, or '';
--       then for each dead letter: event, reason, received_ms, source
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local done = cmsgpack.unpack(ARGV[2])
local plan = redis.call('GET', KEYS[2])
if not plan then return 1 end
if plan ~= done.plan or redis.call('LLEN', KEYS[7]) ~= done.held then return 0 end
for _, id in ipairs(done.entries) do redis.call('XDEL', KEYS[3], id) end
redis.call('HINCRBY', KEYS[4], 'bytes', -done.bytes)
redis.call('HINCRBY', KEYS[4], done.kind, -done.rows)
redis.call('HSET', KEYS[4], 'progress_ms', done.now_ms)
for _, line in ipairs(done.ledger) do
  redis.call('HINCRBY', line[1], line[2], line[3])
  redis.call('HINCRBY', KEYS[4], done.kind .. '_total_' .. string.match(line[2], '[^:]*$'), line[3])
end
redis.call('INCRBY', KEYS[6], done.rows)
redis.call('EXPIRE', KEYS[6], 600)
for i = 4, #ARGV, 4 do
  redis.call('XADD', KEYS[5], '*', 'event', ARGV[i], 'reason', ARGV[i + 1], 'received_ms', ARGV[i + 2], 'source', ARGV[i + 3],
    'kind', done.kind)
end
if done.forgotten > 0 then redis.call('LTRIM', KEYS[7], done.forgotten, -1) end
if ARGV[3] ~= '' then redis.call('RPUSH', KEYS[7], ARGV[3]) end
redis.call('DEL', KEYS[2])
return 1
