-- status: 2
-- stderr: unknown_global.lua:4: unknown global 'spwan'
spawn("a")
spwan("b")
