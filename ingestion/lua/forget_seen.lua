-- Forget when devices were seen, but for those seen again meanwhile. KEYS: devices seen. ARGV: device, time, device, …
for i = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] then redis.call('HDEL', KEYS[1], ARGV[i]) end
end
return 1
