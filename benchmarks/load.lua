-- wrk's load: batches of events whose ids no other request has.
-- Arguments: batch size, run (two hex digits), kind (events | ndjson), credentials (a token, user:password or -),
-- delay before each request in ms
local threads = 0
function setup(thread) thread:set('number', threads); threads = threads + 1 end

local parts, requests, pause = {}, 0, 0

function init(args)
  local size, run, kind, credentials = tonumber(args[1]), args[2], args[3], args[4]
  pause = tonumber(args[5] or '0')
  wrk.method = 'POST'
  wrk.headers['Content-Type'] = kind == 'events' and 'application/json' or 'application/x-ndjson'
  local user, password = string.match(credentials, '^([^:]*):(.*)$')
  if user then
    wrk.headers['X-ClickHouse-User'], wrk.headers['X-ClickHouse-Key'] = user, password
  elseif credentials ~= '-' then
    wrk.headers['Authorization'] = 'Bearer ' .. credentials
  end
  local now = os.date('!%Y-%m-%d')
  local open, between, close = '{"events":[', ',', ']}'
  if kind == 'ndjson' then open, between, close = '', '\n', '' end
  -- The request's number goes between the parts, as the first eight digits of each event's id.
  parts[1] = open
  for i = 1, size do
    local time = string.format('%s%s%02d:%02d:%02d.%03d%s', now, kind == 'events' and 'T' or ' ',
      i % 3, i % 60, (i * 7) % 60, i % 1000, kind == 'events' and 'Z' or '')
    local properties = kind == 'events' and '{"item_id":"item-' .. i % 50 .. '","score":0.5,"browser":"firefox"}'
      or '"{\\"item_id\\":\\"item-' .. i % 50 .. '\\",\\"score\\":0.5,\\"browser\\":\\"firefox\\"}"'
    parts[i] = parts[i] .. '{"event_id":"'
    parts[i + 1] = string.format(
      '-00%s-4000-8000-%012x","user_id":"user-%d","event_type":"page_viewed","occurred_at":"%s",'
        .. '"course_id":"course-%d","session_id":"session-%d","properties":%s}%s',
      run, i, i % 997, time, i % 20, i % 997, properties, i < size and between or close)
  end
end

function request()
  requests = requests + 1
  return wrk.format(nil, nil, nil, table.concat(parts, string.format('%02x%06x', number, requests)))
end

function delay() return pause end

function done(summary, latency, _)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format('RESULT %d %d %d %.3f %.3f\n', summary.requests, bad, summary.duration,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
