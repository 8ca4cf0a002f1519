-- wrk's load: readings, one a request or many. Arguments: readings a request, token or -, devices' ids with commas between
local body = {}
local numbers = 0

function init(args)
  local size, token, ids = tonumber(args[1]), args[2], {}
  for id in string.gmatch(args[3], '[^,]+') do ids[#ids + 1] = id end
  wrk.method = 'POST'
  wrk.headers['Content-Type'] = 'application/json'
  if token ~= '-' then wrk.headers['Authorization'] = 'Bearer ' .. token end
  local now = os.date('!%Y-%m-%dT')
  local bodies = {}
  for variant = 1, 16 do
    local readings = {}
    for i = 1, size do
      readings[i] = string.format('{"device_id":"%s","x":%.4f,"y":%.4f,"z":%.4f,"timestamp":"%s%02d:%02d:%02d.%03dZ"}',
        ids[(variant + i) % #ids + 1], math.random() * 20 - 10, math.random() * 20 - 10, math.random() * 20 - 10,
        now, variant % 3, i % 60, (i * 7) % 60, i % 1000)
    end
    bodies[variant] = wrk.format(nil, nil, nil,
      size == 1 and readings[1] or '{"readings":[' .. table.concat(readings, ',') .. ']}')
  end
  body = bodies
end

function request()
  numbers = numbers + 1
  return body[numbers % #body + 1]
end

function done(summary, latency, _)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format('RESULT %d %d %d %.3f %.3f\n', summary.requests, bad, summary.duration,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
