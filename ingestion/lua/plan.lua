-- Write down how far the next insert goes. KEYS: lease, plan. ARGV: token, "<last entry's id> <rows> <kind>"
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2])
return 1
