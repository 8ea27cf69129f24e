-- wrk … -s load.lua URL -- FILE FIRST PATHS
-- Sends the tokens of FILE, one per line, in turn: from line FIRST (0 is the first), and from the start after the last.
-- The paths /v1/areas/0 to PATHS - 1 are requested in turn, too.

-- Global, as `done` reads it from another Lua state.
sent = 0

local lines, paths

function init(args)
    lines = assert(io.open(args[1]))
    local width = #lines:read("*l") + 1
    lines:seek("set", tonumber(args[2]) * width)
    paths = tonumber(args[3])
end

function request()
    local token = lines:read("*l")
    if not token then
        lines:seek("set", 0)
        token = lines:read("*l")
    end
    sent = sent + 1
    return "GET /v1/areas/" .. sent % paths .. " HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer " .. token .. "\r\n\r\n"
end

local threads = {}

function setup(thread)
    table.insert(threads, thread)
end

function done(summary)
    local all = 0
    for _, thread in ipairs(threads) do all = all + thread:get("sent") end
    local failed = summary.errors
    io.write(string.format(
        '\n{"sent": %d, "answered": %d, "seconds": %f, "refused": %d, "broken": %d}\n',
        all, summary.requests, summary.duration / 1e6, failed.status,
        failed.connect + failed.read + failed.write + failed.timeout
    ))
end
