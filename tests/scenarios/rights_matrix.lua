-- Every right of mprotect against every access. x86 pages cannot be written and not read, nor executed and not read
-- (without protection keys), so w and x bring r with them at the MMU.
local a = spawn("a")
local p = a:mmap{len = PAGE, prot = "rw"}
a:write(p, "\xc3")						-- ret
for _, row in ipairs{ {"none", "..."}, {"r", "r.."}, {"w", "rw."}, {"x", "r.x"}, {"rw", "rw."}, {"rx", "r.x"}, {"wx", "rwx"},
		      {"rwx", "rwx"} } do
	local prot, may = row[1], row[2]
	step("mprotect " .. prot .. ": " .. may)
	a:mprotect(p, PAGE, prot)
	local can = (a:read(p) and "r" or ".") .. (a:write(p, 0xc3) and "w" or ".") .. (a:run(p) and "x" or ".")
	expect.eq(can, may)
	if prot ~= "none" then
		local pte = a:pte(p)
		expect.eq(pte.writable, may:find("w") ~= nil)
		expect.eq(pte.exec, may:find("x") ~= nil)
	end
end
