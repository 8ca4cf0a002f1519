-- Put a dead letter back into the buffer, where it waits as if it had just come in; 0 when it is not there any more.
-- KEYS: dead letters, stream, counters, ledger of the hour it was accepted in
-- ARGV: letter's id, batch, rows in it, received_ms, source, kind
if redis.call('XDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HINCRBY', KEYS[3], 'bytes', #ARGV[2])
redis.call('HINCRBY', KEYS[3], ARGV[6], ARGV[3])
redis.call('HINCRBY', KEYS[4], ARGV[5] .. ':dead', -ARGV[3])
redis.call('XADD', KEYS[2], '*',
  'batch', ARGV[2], 'count', ARGV[3], 'received_ms', ARGV[4], 'source', ARGV[5], 'kind', ARGV[6])
return 1
