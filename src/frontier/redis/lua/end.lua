-- Ends the crawl, or tells all workers to end.
--   ARGV[2] session   ARGV[3] finish or stop   ARGV[4] reason, for stop
-- Replies {0, now, 1 when this session is the one that finished it}
if not is_here() then return { -1 } end
if ARGV[3] == 'stop' then
  stop(ARGV[4])
elseif C.state == 'running' and C.control ~= 'stop' and nothing_left() and not idle_until() then
  C.state, C.finishedBy = 'finished', ARGV[2]
  wake_all()
end
save_crawl()
return { 0, now, C.state == 'finished' and C.finishedBy == ARGV[2] and 1 or 0 }
