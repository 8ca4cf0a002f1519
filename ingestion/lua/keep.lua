-- keep(): the batch goes into the buffer unless that is full; gives the entry's id, or false. Scripts that add begin with it.
-- KEYS: stream, counters, ledger of the hour
-- ARGV: greatest number of entries, of bytes, batch, rows in it, received_ms, source, kind, seconds the ledger is kept
local function keep()
  if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1])
      or tonumber(redis.call('HGET', KEYS[2], 'bytes') or '0') + #ARGV[3] > tonumber(ARGV[2]) then
    return false
  end
  redis.call('HINCRBY', KEYS[2], 'bytes', #ARGV[3])
  redis.call('HINCRBY', KEYS[2], ARGV[7], ARGV[4])
  redis.call('HINCRBY', KEYS[2], ARGV[7] .. '_total_accepted', ARGV[4])
  redis.call('HINCRBY', KEYS[3], ARGV[6] .. ':accepted', ARGV[4])
  redis.call('EXPIRE', KEYS[3], ARGV[8])
  return redis.call('XADD', KEYS[1], '*',
    'batch', ARGV[3], 'count', ARGV[4], 'received_ms', ARGV[5], 'source', ARGV[6], 'kind', ARGV[7])
end
