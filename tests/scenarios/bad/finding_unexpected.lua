-- status: 1
-- stderr: repeat with
local a = spawn("a")
inject.field(inject.mm(a), "map_count", 7)
