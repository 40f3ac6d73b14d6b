-- The only source of time: the server's own clock, in milliseconds. Clocks of workers decide nothing. See `load_crawl` for a clock that
-- is set back.
local server_time = redis.call('TIME')
local now = server_time[1] * 1000 + math.floor(server_time[2] / 1000)
