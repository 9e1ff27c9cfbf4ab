-- status: 2
-- stderr: unknown global 'os'
-- What would reach the host is not there.
for _, name in ipairs{"io", "os", "debug", "package", "require", "load", "loadfile", "dofile", "coroutine", "collectgarbage", "next"} do
	assert(rawget(_G, name) == nil, name)
end
assert(not pcall(string.format, "%p", {}))
assert(string.dump == nil)
assert(tostring({}) == "table" and tostring(print) == "function" and ("%s"):format({}) == "table")
assert(not pcall(math.randomseed))
assert(not pcall(setmetatable, _G, {}))
os.exit(0)
