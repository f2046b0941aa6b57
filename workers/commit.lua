-- Commits one turn, all or nothing: Lua does not roll back, so everything is checked before the first write.
-- KEYS: dialog, person, lane, seq (one hash slot). ARGV: the dialog and the person as they were loaded ('' for none), as they
-- are now ('' for a person of whom nothing is known any more), the seconds that the dialog lives, then the events. Returns 1,
-- or 0 where another request of the phone got there first. A person has no end here: a clock that is years ahead would bring it.
local kept = redis.call('MGET', KEYS[1], KEYS[2], KEYS[4])
if (kept[1] or '') ~= ARGV[1] or (kept[2] or '') ~= ARGV[2] then
  return 0
end
if #ARGV > 5 then
  local seq = tonumber(kept[3] or -1)
  if seq < 0 then  -- a new lane, or one whose counter is gone: go on behind what lay in it, erased or not
    seq = 0
    if redis.call('EXISTS', KEYS[3]) == 1 then
      local told = redis.call('XINFO', 'STREAM', KEYS[3])
      for i = 1, #told, 2 do
        if told[i] == 'last-generated-id' then seq = tonumber(string.match(told[i + 1], '^%d+')) end
      end
    end
  end
  for i = 6, #ARGV do
    seq = seq + 1
    redis.call('XADD', KEYS[3], string.format('%d-1', seq), 'e', ARGV[i])
  end
  redis.call('SET', KEYS[4], string.format('%d', seq))
end
redis.call('SET', KEYS[1], ARGV[3], 'EX', ARGV[5])
if ARGV[4] == '' then
  redis.call('DEL', KEYS[2])
elseif ARGV[4] ~= ARGV[2] then
  redis.call('SET', KEYS[2], ARGV[4])
end
return 1
