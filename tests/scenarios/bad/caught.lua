-- status: 1
-- stderr: repeat with:
-- An expectation that fails inside pcall counts all the same.
local a = spawn("a")
pcall(expect, false, "caught")
a:exit(0)
