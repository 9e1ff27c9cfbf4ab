-- status: 1
-- stderr: data-vm was not found
-- stderr: total-vm was found, too
local a = spawn("a")
expect.finding("data-vm", function() inject.field(inject.mm(a), "total_vm", 1) end)
