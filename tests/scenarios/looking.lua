-- What the host sees, as text and as values.
local a = spawn("a")
local p = a:mmap{len = 2*PAGE, prot = "rw", flags = "private,anon"}
a:write(p, 1)
print(why(a, p))
print(why(a, p + PAGE))
print(why(a, 0x1000))
local b = a:fork()
b:write(p, 2)
print(why(a, p))
print(why(b, p))
for _, area in ipairs(a:maps()) do
	print(hex(area.start), hex(area.stop), area.prot, area.name, area.present)
end
for name, value in pairs(a:counters()) do print(name, name:find("brk") and "…" or value) end
dump()
