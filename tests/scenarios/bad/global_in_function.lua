-- status: 2
-- stderr: assignment to unknown global 'count' inside a function (did you mean local?)
local function f() count = 1 end
f()
