-- status: 2
-- stderr: inject is not in this version
local a = spawn("a")
inject.pte()
